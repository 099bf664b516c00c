"""Changing what may change of a version: description, tags, metadata and card."""

import json
from dataclasses import dataclass

from fastapi import Request, Response
from starlette.concurrency import run_in_threadpool

from modelyard.application.services.publishing import update_version
from modelyard.application.surveys.inspecting import VersionState, read_state
from modelyard.domain.errors import RegistryError
from modelyard.domain.permission import Permission
from modelyard.domain.reference import parse_reference
from modelyard.presentation.api.addresses import ModelPath, VersionRef
from modelyard.presentation.http.context import context_of
from modelyard.presentation.http.form_body import read_form
from modelyard.presentation.web.caller import actor_of
from modelyard.presentation.web.flash import done
from modelyard.presentation.web.forms import EMPTY, FormView, refused
from modelyard.presentation.web.links import version_link
from modelyard.presentation.web.page import page, page_router
from modelyard.presentation.web.pages.actions.tag_lines import tag_lines
from modelyard.presentation.web.pages.actions.version_patch import patch_of
from modelyard.presentation.web.pages.version.head import HeadView, bare_head_view
from modelyard.presentation.web.rendering import see_other, show

router = page_router()

_BASE = "/models/{model}/versions/{ref}/edit"


@dataclass(frozen=True, slots=True, kw_only=True)
class EditView:
    """The form, with what stands there now."""

    head: HeadView
    href: str
    back_href: str
    tag: str
    """The state that is edited: who saves another one later is told so."""
    description: str
    tags: str
    metadata: str
    card: str
    form: FormView


@router.get(_BASE, **page(Permission.VERSIONS_EDIT))
async def show_edit(request: Request, model: ModelPath, ref: VersionRef) -> Response:
    """The form."""
    state = await context_of(request).database.scan(read_state, model, parse_reference(ref))
    return await show(request, "edit.html", edit_view(state, EMPTY))


@router.post(_BASE, **page(Permission.VERSIONS_EDIT))
async def edit(request: Request, model: ModelPath, ref: VersionRef) -> Response:
    """Save, unless somebody else has changed it since the form was shown."""
    form = await read_form(request)
    context, reference = context_of(request), parse_reference(ref)
    state = await context.database.scan(read_state, model, reference)
    expected = frozenset({form.get("tag", "")})
    try:
        patch = await run_in_threadpool(patch_of, form, state)
        version = await context.database.write(
            update_version, actor_of(request), model, reference, patch, expected, bounds=context.bounds
        )
    except RegistryError as error:
        sent = refused(form, error)
        return await show(request, "edit.html", edit_view(state, sent), sent.status)
    flash = done(f"{version.model}:{version.number} is saved.")
    return see_other(request, version_link(version.model, version.number), flash)


def edit_view(state: VersionState, form: FormView) -> EditView:
    """The form, empty or as it was sent. What was refused is saved over the state that is there now."""
    version = state.version
    return EditView(
        head=bare_head_view(state),
        href=version_link(version.model, version.number, "edit"),
        back_href=version_link(version.model, version.number),
        tag=version.tag,
        description=version.description,
        tags=tag_lines(version.tags),
        metadata=json.dumps(version.metadata, indent=2, ensure_ascii=False) if version.metadata else "",
        card=version.card,
        form=form,
    )

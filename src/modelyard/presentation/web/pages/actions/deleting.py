"""Deleting a version: first what goes and what becomes free, then it is gone."""

from dataclasses import dataclass

from fastapi import Request, Response

from modelyard.application.ports.database import Transaction
from modelyard.application.services.publishing import delete_version
from modelyard.application.surveys.inspecting import VersionState, read_state
from modelyard.domain.errors import RegistryError
from modelyard.domain.lifecycle import Stage
from modelyard.domain.permission import Permission
from modelyard.domain.reference import Reference, parse_reference
from modelyard.presentation.api.addresses import ModelPath, VersionRef
from modelyard.presentation.http.access import require
from modelyard.presentation.http.context import context_of
from modelyard.presentation.http.form_body import read_form
from modelyard.presentation.web.abilities import Abilities, abilities_of
from modelyard.presentation.web.caller import actor_of
from modelyard.presentation.web.flash import done
from modelyard.presentation.web.formats import size_text
from modelyard.presentation.web.forms import EMPTY, FormView, refused
from modelyard.presentation.web.links import model_link, version_link
from modelyard.presentation.web.page import page, page_router
from modelyard.presentation.web.pages.version.head import HeadView, bare_head_view
from modelyard.presentation.web.rendering import see_other, show

router = page_router()

_BASE = "/models/{model}/versions/{ref}/delete"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeletionView:
    """The page. `in_use` says what keeps the version, empty where nothing does."""

    head: HeadView
    href: str
    back_href: str
    tag: str
    size: str
    freed: str
    in_use: str
    can_force: bool
    form: FormView


@router.get(_BASE, **page(Permission.VERSIONS_DELETE))
async def show_deletion(request: Request, model: ModelPath, ref: VersionRef) -> Response:
    """What would go, and how many bytes nothing else would refer to."""
    return await _show(request, model, ref, EMPTY)


@router.post(_BASE, **page(Permission.VERSIONS_DELETE))
async def delete(request: Request, model: ModelPath, ref: VersionRef) -> Response:
    """Delete it, in the state that the page showed."""
    form = await read_form(request)
    is_forced = form.get("force", "") == "true"
    if is_forced:
        require(request, Permission.DELETIONS_FORCE, model)
    sweep, expected = context_of(request).database.sweep, frozenset({form.get("tag", "")})
    try:
        freed_bytes = await sweep(
            delete_version, actor_of(request), model, parse_reference(ref), expected, is_forced=is_forced
        )
    except RegistryError as error:
        return await _show(request, model, ref, refused(form, error))
    flash = done(f"{model}:{ref} is deleted; {size_text(freed_bytes)} become free with the next collection.")
    return see_other(request, model_link(model), flash)


async def _show(request: Request, model: str, ref: str, form: FormView) -> Response:
    state, freed_bytes = await context_of(request).database.scan(_read, model, parse_reference(ref))
    view = deletion_view(state, freed_bytes, abilities_of(request, model), form)
    return await show(request, "delete.html", view, form.status)


def _read(tx: Transaction, model: str, reference: Reference) -> tuple[VersionState, int]:
    state = read_state(tx, model, reference)
    return state, tx.blobs.freed_by_version(state.version.id)


def deletion_view(state: VersionState, freed_bytes: int, abilities: Abilities, form: FormView) -> DeletionView:
    """The page."""
    version = state.version
    return DeletionView(
        head=bare_head_view(state),
        href=version_link(version.model, version.number, "delete"),
        back_href=version_link(version.model, version.number),
        tag=version.tag,
        size=size_text(version.size_bytes),
        freed=size_text(freed_bytes),
        in_use=_in_use(state),
        can_force=abilities.force,
        form=form,
    )


def _in_use(state: VersionState) -> str:
    version = state.version
    reasons = [f"is in {version.stage}"] if version.stage in {Stage.STAGING, Stage.PRODUCTION} else []
    if version.aliases:
        reasons.append(f"is named by {', '.join(f'@{alias}' for alias in version.aliases)}")
    return " and ".join(reasons)

"""Deleting a model: first what goes and what becomes free, then it is gone."""

from dataclasses import dataclass

from fastapi import Request, Response

from modelyard.application.ports.database import Transaction
from modelyard.application.services.catalog import delete_model, read_model
from modelyard.domain.errors import RegistryError
from modelyard.domain.lifecycle import Stage
from modelyard.domain.permission import Permission
from modelyard.domain.registered_model import RegisteredModel
from modelyard.presentation.api.addresses import ModelPath
from modelyard.presentation.http.access import require
from modelyard.presentation.http.context import context_of
from modelyard.presentation.http.form_body import read_form
from modelyard.presentation.web.abilities import Abilities, abilities_of
from modelyard.presentation.web.caller import actor_of
from modelyard.presentation.web.flash import done
from modelyard.presentation.web.formats import count_text, size_text
from modelyard.presentation.web.forms import EMPTY, FormView, refused
from modelyard.presentation.web.links import model_link
from modelyard.presentation.web.page import page, page_router
from modelyard.presentation.web.rendering import see_other, show

router = page_router()

_BASE = "/models/{model}/delete"


@dataclass(frozen=True, slots=True, kw_only=True)
class Doomed:
    """A model, what would become free without it, and what keeps it."""

    model: RegisteredModel
    freed_bytes: int
    staged: int
    aliases: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelDeletionView:
    """The page. `in_use` says what keeps the model, empty where nothing does."""

    name: str
    href: str
    back_href: str
    tag: str
    freed: str
    in_use: str
    can_force: bool
    form: FormView


@router.get(_BASE, **page(Permission.MODELS_DELETE))
async def show_model_deletion(request: Request, model: ModelPath) -> Response:
    """What would go, and how many bytes nothing else would refer to."""
    return await _show(request, model, EMPTY)


@router.post(_BASE, **page(Permission.MODELS_DELETE))
async def delete(request: Request, model: ModelPath) -> Response:
    """Delete it, in the state that the page showed."""
    form = await read_form(request)
    is_forced = form.get("force", "") == "true"
    if is_forced:
        require(request, Permission.DELETIONS_FORCE, model)
    expected = frozenset({form.get("tag", "")})
    try:
        freed_bytes = await context_of(request).database.sweep(
            delete_model, actor_of(request), model, expected, is_forced=is_forced
        )
    except RegistryError as error:
        return await _show(request, model, refused(form, error))
    freed = size_text(freed_bytes)
    return see_other(request, "/", done(f"{model} is deleted; {freed} become free with the next collection."))


async def _show(request: Request, model: str, form: FormView) -> Response:
    doomed = await context_of(request).database.scan(_read, model)
    view = model_deletion_view(doomed, abilities_of(request, model), form)
    return await show(request, "model_delete.html", view, form.status)


def _read(tx: Transaction, name: str) -> Doomed:
    model = read_model(tx, name)
    staged = [number for stage in (Stage.STAGING, Stage.PRODUCTION) for number in tx.versions.in_stage(model.id, stage)]
    return Doomed(
        model=model,
        freed_bytes=tx.blobs.freed_by_model(model.id),
        staged=len(staged),
        aliases=len(tx.aliases.of_model(model.id)),
    )


def model_deletion_view(doomed: Doomed, abilities: Abilities, form: FormView) -> ModelDeletionView:
    """The page."""
    link = model_link(doomed.model.name)
    return ModelDeletionView(
        name=doomed.model.name,
        href=f"{link}/delete",
        back_href=link,
        tag=doomed.model.tag,
        freed=size_text(doomed.freed_bytes),
        in_use=_in_use(doomed),
        can_force=abilities.force,
        form=form,
    )


def _in_use(doomed: Doomed) -> str:
    reasons = [f"{count_text(doomed.staged, 'version')} in staging or production"] if doomed.staged else []
    if doomed.aliases:
        reasons.append("an alias" if doomed.aliases == 1 else f"{doomed.aliases:,} aliases")
    return " and ".join(reasons)

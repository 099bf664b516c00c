"""Bringing a version to another stage: first what it would be held against, then the step."""

from dataclasses import replace

from fastapi import Query, Request, Response

from modelyard.application.ports.database import Transaction
from modelyard.application.services.promotion import StageChange, Transition, change_stage, plan_step_of
from modelyard.application.surveys.inspecting import VersionState, read_state
from modelyard.domain.errors import RegistryError, TransitionRefused
from modelyard.domain.lifecycle import Stage
from modelyard.domain.permission import Permission
from modelyard.domain.reference import Reference, parse_reference
from modelyard.presentation.api.addresses import ModelPath, VersionRef
from modelyard.presentation.api.transitions.schemas import TransitionCreate
from modelyard.presentation.http.access import may
from modelyard.presentation.http.context import context_of
from modelyard.presentation.http.form_body import read_form
from modelyard.presentation.http.validation import validated
from modelyard.presentation.web.abilities import abilities_of
from modelyard.presentation.web.caller import actor_of
from modelyard.presentation.web.flash import done
from modelyard.presentation.web.forms import EMPTY, FormView, refused
from modelyard.presentation.web.links import version_link
from modelyard.presentation.web.page import page, page_router
from modelyard.presentation.web.pages.actions.move_view import move_view
from modelyard.presentation.web.rendering import see_other, show

router = page_router()

_BASE = "/models/{model}/versions/{ref}/move"
_TO: Stage = Query(description="The stage to go to")


@router.get(_BASE, **page(Permission.MODELS_READ))
async def show_move(request: Request, model: ModelPath, ref: VersionRef, to: Stage = _TO) -> Response:
    """What the step would be held against, as all of it is now."""
    return await _show(request, model, ref, to, EMPTY)


@router.post(_BASE, **page(Permission.VERSIONS_PROMOTE))
async def move(request: Request, model: ModelPath, ref: VersionRef) -> Response:
    """Take the step, from the stage that the page showed."""
    form = await read_form(request)
    wanted = validated(TransitionCreate, form).change()
    change = replace(wanted, may_release=may(request, Permission.VERSIONS_RELEASE, model))
    write = context_of(request).database.write
    try:
        taken = await write(change_stage, actor_of(request), model, parse_reference(ref), change)
    except RegistryError as error:
        return await _show(request, model, ref, change.to_stage, refused(form, error))
    version = taken.version
    return see_other(request, version_link(version.model, version.number), done(told(taken)))


def told(taken: Transition) -> str:
    """What happened, in a sentence."""
    version, numbers = taken.version, ", ".join(map(str, taken.archived))
    archived = f", and version {numbers} is archived" if taken.archived else ""
    return f"{version.model}:{version.number} is in {version.stage} now{archived}."


async def _show(request: Request, model: str, ref: str, to: Stage, form: FormView) -> Response:
    state, planned = await context_of(request).database.scan(_planned, model, parse_reference(ref), to)
    view = move_view(state, planned, to, abilities_of(request, model), form)
    return await show(request, "move.html", view, form.status)


def _planned(
    tx: Transaction, model: str, reference: Reference, to: Stage
) -> tuple[VersionState, Transition | TransitionRefused]:
    state = read_state(tx, model, reference)
    try:
        return state, plan_step_of(tx, state.model, state.version, StageChange(to_stage=to))
    except TransitionRefused as error:
        return state, error

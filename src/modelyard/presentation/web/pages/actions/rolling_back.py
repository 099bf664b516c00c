"""Back to a version that was in production before."""

from dataclasses import dataclass, replace

from fastapi import Query, Request, Response

from modelyard.application.ports.database import Transaction
from modelyard.application.services.promotion import Transition
from modelyard.application.services.rollback import Rollback, plan_rollback, roll_back
from modelyard.application.surveys.inspecting import VersionState, read_state
from modelyard.domain.errors import FieldError, InvalidInput, RegistryError
from modelyard.domain.permission import Permission
from modelyard.domain.reference import ByNumber
from modelyard.presentation.api.addresses import ModelPath
from modelyard.presentation.api.transitions.schemas import RollbackCreate
from modelyard.presentation.http.context import context_of
from modelyard.presentation.http.form_body import read_form
from modelyard.presentation.http.validation import validated
from modelyard.presentation.web.caller import actor_of
from modelyard.presentation.web.flash import done, failed
from modelyard.presentation.web.forms import EMPTY, FormView, number_in, refused
from modelyard.presentation.web.links import model_link, version_link
from modelyard.presentation.web.page import page, page_router
from modelyard.presentation.web.pages.actions.moving import told
from modelyard.presentation.web.pages.version.head import HeadView, bare_head_view
from modelyard.presentation.web.rendering import see_other, show
from modelyard.presentation.web.views.checklist import ChecklistView, checklist_view

router = page_router()

_BASE = "/models/{model}/rollback"
_TO: int | None = Query(default=None, ge=1, le=999_999_999, description="The version to go back to")


@dataclass(frozen=True, slots=True, kw_only=True)
class RollbackView:
    """The page: which version comes back, and which are archived for it."""

    head: HeadView
    href: str
    number: int
    ask_href: str
    """Where its approval is asked for."""
    checklist: ChecklistView
    replaced: tuple[int, ...]
    form: FormView


@router.get(_BASE, **page(Permission.VERSIONS_RELEASE))
async def show_rollback(request: Request, model: ModelPath, to: int | None = _TO) -> Response:
    """What would come back. Where nothing can, the model's page says why."""
    try:
        return await _show(request, model, to, EMPTY)
    except RegistryError as error:
        await context_of(request).database.read(lambda tx: tx.models.get(model))
        return see_other(request, model_link(model), failed(f"{error.message}. {error.hint}".strip()))


@router.post(_BASE, **page(Permission.VERSIONS_RELEASE))
async def take_back(request: Request, model: ModelPath) -> Response:
    """Roll back to the version that the page showed."""
    form = await read_form(request)
    wanted = validated(RollbackCreate, {**form, "to_version": _number(form.get("to_version", ""))}).rollback()
    try:
        taken = await context_of(request).database.write(roll_back, actor_of(request), model, wanted)
    except RegistryError as error:
        return await _show(request, model, wanted.to_version, refused(form, error))
    return see_other(request, version_link(model, taken.version.number), done(f"Rolled back: {told(taken)}"))


async def _show(request: Request, model: str, to: int | None, form: FormView) -> Response:
    state, planned = await context_of(request).database.scan(_planned, model, to)
    view = rollback_view(state, planned, form)
    return await show(request, "rollback.html", view, form.status)


def _planned(tx: Transaction, model: str, to: int | None) -> tuple[VersionState, Transition]:
    planned = plan_rollback(tx, model, Rollback(to_version=to))
    return read_state(tx, model, ByNumber(planned.version.number)), planned


def rollback_view(state: VersionState, planned: Transition, form: FormView) -> RollbackView:
    """The page for a rollback that was planned."""
    return RollbackView(
        head=replace(bare_head_view(state), description=""),
        href=f"{model_link(state.version.model)}/rollback",
        number=state.version.number,
        ask_href=version_link(state.version.model, state.version.number, "move", to="production"),
        checklist=checklist_view(planned.checklist),
        replaced=tuple(planned.archived),
        form=form,
    )


def _number(text: str) -> int:
    number = number_in(text, digits=9)
    if number is None:
        raise InvalidInput("to_version is no number", errors=[FieldError(pointer="to_version", message="no number")])
    return number

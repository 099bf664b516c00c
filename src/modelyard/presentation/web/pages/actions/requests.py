"""Asking others to approve a step, and deciding what others have asked for."""

from collections.abc import Callable

from fastapi import Request, Response

from modelyard.application.ports.database import Transaction
from modelyard.application.services import approving
from modelyard.application.services.approving import Reviewed
from modelyard.domain.approval import RequestStatus
from modelyard.domain.errors import FieldError, InvalidInput, RegistryError
from modelyard.domain.permission import Permission
from modelyard.domain.principal import Principal
from modelyard.presentation.api.addresses import ModelPath, RequestPath
from modelyard.presentation.api.requests.schemas import Decision, Rejection, RequestCreate
from modelyard.presentation.http.context import context_of
from modelyard.presentation.http.form_body import read_form
from modelyard.presentation.http.validation import validated
from modelyard.presentation.web.abilities import abilities_of
from modelyard.presentation.web.caller import actor_of
from modelyard.presentation.web.flash import done, failed
from modelyard.presentation.web.formats import count_text
from modelyard.presentation.web.forms import EMPTY, FormView, number_in, refused
from modelyard.presentation.web.links import request_link, version_link
from modelyard.presentation.web.page import page, page_router
from modelyard.presentation.web.pages.actions.request_view import request_page_view
from modelyard.presentation.web.rendering import see_other, show

router = page_router()

_BASE = "/models/{model}/requests"
_ONE = f"{_BASE}/{{request_id}}"

Decide = Callable[[Transaction, Principal, str, int, str], Reviewed]


@router.post(_BASE, **page(Permission.APPROVALS_REQUEST))
async def ask(request: Request, model: ModelPath) -> Response:
    """Ask for a step; what speaks against it is told where the step was looked at."""
    form = await read_form(request)
    number = number_in(form.get("version", ""), digits=9)
    if number is None:
        raise InvalidInput("version is no number", errors=[FieldError(pointer="version", message="is no number")])
    wanted = validated(RequestCreate, {**form, "version": number}).wanted()
    try:
        asked = await context_of(request).database.write(approving.request_step, actor_of(request), model, wanted)
    except RegistryError as error:
        back = version_link(model, wanted.version, "move", to=wanted.to_stage.value)
        return see_other(request, back, failed(f"{error.message}. {error.hint}".strip()))
    held = asked.standing.request
    flash = done(f"You have asked to bring {model}:{held.version} to {held.to_stage}.")
    return see_other(request, request_link(model, held.id), flash)


@router.get(_ONE, **page(Permission.MODELS_READ))
async def show_request(request: Request, model: ModelPath, request_id: RequestPath) -> Response:
    """Who wants what and why, and what the step is held against now."""
    return await _show(request, model, request_id, EMPTY)


@router.post(f"{_ONE}/approve", **page(Permission.APPROVALS_DECIDE))
async def approve(request: Request, model: ModelPath, request_id: RequestPath) -> Response:
    """Agree. With the last approval that is needed the step is taken."""
    return await _decided(request, model, request_id, approving.approve, Decision)


@router.post(f"{_ONE}/reject", **page(Permission.APPROVALS_DECIDE))
async def reject(request: Request, model: ModelPath, request_id: RequestPath) -> Response:
    """Say no, and why."""
    return await _decided(request, model, request_id, approving.reject, Rejection)


@router.post(f"{_ONE}/withdraw", **page(Permission.APPROVALS_REQUEST))
async def withdraw(request: Request, model: ModelPath, request_id: RequestPath) -> Response:
    """Take it back."""
    return await _decided(request, model, request_id, approving.withdraw, Decision)


async def _decided(
    request: Request, model: str, request_id: int, decide: Decide, schema: type[Decision | Rejection]
) -> Response:
    form = await read_form(request)
    try:
        reason = validated(schema, form).reason
        write = context_of(request).database.write
        reviewed = await write(decide, actor_of(request), model, request_id, reason)
    except RegistryError as error:
        return await _show(request, model, request_id, refused(form, error))
    standing = reviewed.standing
    if standing.status is RequestStatus.EXECUTED:
        return see_other(request, version_link(model, standing.request.version), done(_executed(reviewed)))
    return see_other(request, request_link(model, request_id), done(_told(reviewed)))


def _executed(reviewed: Reviewed) -> str:
    held = reviewed.standing.request
    return f"Approved: {held.model}:{held.version} is in {held.to_stage} now."


def _told(reviewed: Reviewed) -> str:
    if reviewed.checklist is None:
        return f"The request is {reviewed.standing.status}."
    failed = sum(not checked.passed for checked in reviewed.checklist.gates)
    gates = f" {count_text(failed, 'gate')} still to be passed." if failed else ""
    return f"Your approval counts.{gates}"


async def _show(request: Request, model: str, request_id: int, form: FormView) -> Response:
    database = context_of(request).database
    now, reviewed = await database.scan(lambda tx: (tx.now, approving.read_request(tx, model, request_id)))
    view = request_page_view(reviewed, now, actor_of(request).name, abilities_of(request, model), form)
    return await show(request, "request.html", view, form.status)

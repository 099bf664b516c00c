"""Asking for a change of stage, and deciding on it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from modelyard.application.ports.database import Transaction
from modelyard.application.ports.requests import NewRequest
from modelyard.application.ports.search import Rows
from modelyard.application.queries.page import ListOrder, Page, PageRequest, page_of, window_of
from modelyard.application.services.checklist import Checklist
from modelyard.application.services.governing import governing
from modelyard.application.services.journal import record
from modelyard.application.services.promotion import StageChange, Transition, plan_step_of, take_step
from modelyard.domain.approval import (
    Agreed,
    Approval,
    ApprovalRequest,
    Closing,
    RequestStatus,
    check_expiry,
)
from modelyard.domain.event import Action, rfc3339
from modelyard.domain.lifecycle import Stage
from modelyard.domain.model_version import ModelVersion
from modelyard.domain.principal import Principal
from modelyard.domain.promotion_errors import RequestClosed, RequestExists
from modelyard.domain.reference import ByNumber
from modelyard.domain.registered_model import RegisteredModel

REQUEST_ORDER = ListOrder(fields={"id": int}, default="-id", unique="id")
_BATCH = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class StepWanted:
    """A change of stage that is asked for; it ends by itself when `expires_at` has come."""

    version: int
    to_stage: Stage
    reason: str = ""
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A request, where it stands now, and why."""

    request: ApprovalRequest
    status: RequestStatus
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reviewed:
    """A request with what its step is held against now, while it is open; and the step, if it was just taken."""

    standing: Standing
    checklist: Checklist | None
    transition: Transition | None = None


def request_step(tx: Transaction, principal: Principal, model_name: str, wanted: StepWanted) -> Reviewed:
    """Ask for a change of stage. It is taken when as many others agree as the policy wants, at least one.

    Raises:
        ModelNotFound, VersionNotFound: there is none.
        TransitionRefused: there is no such step, or the policy does not allow it.
        RequestExists: somebody asked for it already, and it is open.
        InvalidInput: it would expire in the past, or too late.
    """
    model = tx.models.get_to_change(model_name)
    version = tx.versions.get(model_name, ByNumber(wanted.version))
    plan_step_of(tx, model, version, StageChange(to_stage=wanted.to_stage))
    expires_at = check_expiry(tx.now, wanted.expires_at)
    _make_way(tx, principal, model, version, wanted.to_stage)
    agreed = Agreed.on(version, governing(tx, model.id, model.name).policy)
    new = NewRequest(
        model_id=model.id,
        version_id=version.id,
        to_stage=wanted.to_stage,
        agreed=agreed,
        reason=wanted.reason,
        created_at=tx.now,
        created_by=principal.name,
        expires_at=expires_at,
    )
    request = tx.requests.get(model_name, tx.requests.add(new))
    after = {"request": request.id, "to_stage": wanted.to_stage.value, "expires_at": rfc3339(expires_at)}
    record(
        tx,
        principal,
        Action.REQUEST_CREATED,
        model,
        version=version.number,
        after={**after, "from_stage": version.stage.value},
        reason=wanted.reason,
    )
    return _reviewed(tx, model, request)


def read_request(tx: Transaction, model_name: str, request_id: int) -> Reviewed:
    """A request, and what its step is held against now.

    Raises:
        ModelNotFound, RequestNotFound: there is none.
    """
    return _reviewed(tx, tx.models.get(model_name), tx.requests.get(model_name, request_id))


def list_requests(
    tx: Transaction, model_name: str, status: RequestStatus | None, request: PageRequest
) -> Page[Standing]:
    """The requests of a model, the newest first; only those that stand so, where a status is given.

    Raises:
        ModelNotFound: there is no such model.
        InvalidCursor, InvalidInput: the request.
    """
    model = tx.models.get(model_name)
    scope = f"requests/{model.id}/{status}"
    window = window_of(request, REQUEST_ORDER, scope)
    beyond = window.after_integer
    found = []
    for standing in _standings(tx, model, beyond):
        if status in {None, standing.status}:
            found.append(standing)
        if len(found) > window.limit:
            break
    shown = found[: window.limit]
    rows = Rows(shown, (shown[-1].request.id,) if len(found) > window.limit else None)
    return page_of(rows, request, window, scope, None)


def approve(tx: Transaction, principal: Principal, model_name: str, request_id: int, reason: str) -> Reviewed:
    """Agree. When enough people have, and all gates pass, the step is taken in this very transaction.

    When a gate does not pass, the approval counts all the same, and the request stays open: a transition takes the step
    once the gates pass.

    Raises:
        ModelNotFound, RequestNotFound: there is none.
        RequestClosed: it is not open.
        OwnRequest: they asked for it themselves, or have approved it already.
    """
    model, request, version = _open(tx, model_name, request_id)
    request.require_other(principal.name)
    request.require_new(principal.name)
    tx.requests.approve(request.id, Approval(approver=principal.name, at=tx.now, reason=reason))
    _tell(tx, principal, Action.REQUEST_APPROVED, model, request, reason)
    change = StageChange(to_stage=request.to_stage, reason=request.reason)
    planned = plan_step_of(tx, model, version, change)
    if not planned.checklist.is_passed:
        return _reviewed(tx, model, tx.requests.get(model_name, request_id))
    taken = take_step(tx, principal, model, planned)
    done = standing_of(tx, model, tx.requests.get(model_name, request_id))
    return Reviewed(standing=done, checklist=planned.checklist, transition=taken)


def reject(tx: Transaction, principal: Principal, model_name: str, request_id: int, reason: str) -> Reviewed:
    """Say no, and why.

    Raises:
        ModelNotFound, RequestNotFound: there is none.
        RequestClosed: it is not open.
        OwnRequest: they asked for it themselves.
    """
    model, request, _ = _open(tx, model_name, request_id)
    request.require_other(principal.name)
    closing = Closing(status=RequestStatus.REJECTED, at=tx.now, by=principal.name, reason=reason)
    return _closed(tx, principal, Action.REQUEST_REJECTED, model, request, closing)


def withdraw(tx: Transaction, principal: Principal, model_name: str, request_id: int, reason: str) -> Reviewed:
    """Take a request back.

    Raises:
        ModelNotFound, RequestNotFound: there is none.
        RequestClosed: it is not open.
    """
    model, request, _ = _open(tx, model_name, request_id)
    closing = Closing(status=RequestStatus.WITHDRAWN, at=tx.now, by=principal.name, reason=reason)
    return _closed(tx, principal, Action.REQUEST_WITHDRAWN, model, request, closing)


def _open(tx: Transaction, model_name: str, request_id: int) -> tuple[RegisteredModel, ApprovalRequest, ModelVersion]:
    model = tx.models.get_to_change(model_name)
    request = tx.requests.get(model_name, request_id)
    standing = standing_of(tx, model, request)
    if standing.status is not RequestStatus.OPEN:
        because = f": {standing.why}" if standing.why else ""
        raise RequestClosed(
            f"request {request_id} is {standing.status}{because[:300]}", details={"standing": standing.status.value}
        )
    return model, request, tx.versions.get(model_name, ByNumber(request.version))


def _make_way(
    tx: Transaction, principal: Principal, model: RegisteredModel, version: ModelVersion, to_stage: Stage
) -> None:
    held = tx.requests.unclosed(version.id, to_stage)
    if held is None:
        return
    standing = standing_of(tx, model, held)
    if standing.status is RequestStatus.OPEN:
        raise RequestExists(
            f"request {held.id} asks for it already", hint="Approve it, or withdraw it.", details={"id": held.id}
        )
    tx.requests.close(held.id, Closing(status=standing.status, at=tx.now, by=principal.name, reason=standing.why))


def _closed(
    tx: Transaction,
    principal: Principal,
    action: Action,
    model: RegisteredModel,
    request: ApprovalRequest,
    closing: Closing,
) -> Reviewed:
    tx.requests.close(request.id, closing)
    _tell(tx, principal, action, model, request, closing.reason)
    return _reviewed(tx, model, tx.requests.get(model.name, request.id))


def _tell(
    tx: Transaction,
    principal: Principal,
    action: Action,
    model: RegisteredModel,
    request: ApprovalRequest,
    reason: str,
) -> None:
    after = {"request": request.id, "to_stage": request.to_stage.value}
    record(tx, principal, action, model, version=request.version, after=after, reason=reason)


def _reviewed(tx: Transaction, model: RegisteredModel, request: ApprovalRequest) -> Reviewed:
    standing = standing_of(tx, model, request)
    if standing.status is not RequestStatus.OPEN:
        return Reviewed(standing=standing, checklist=None)
    version = tx.versions.get(model.name, ByNumber(request.version))
    planned = plan_step_of(tx, model, version, StageChange(to_stage=request.to_stage))
    return Reviewed(standing=standing, checklist=planned.checklist)


def standing_of(tx: Transaction, model: RegisteredModel, request: ApprovalRequest) -> Standing:
    """Where a request stands beside the version and the policy as they are now."""
    if request.closing is not None:
        return Standing(request=request, status=request.closing.status, why=request.closing.reason)
    version = tx.versions.get(model.name, ByNumber(request.version))
    policy = governing(tx, model.id, model.name).policy
    status, why = request.standing(tx.now, Agreed.on(version, policy))
    return Standing(request=request, status=status, why=why)


def _standings(tx: Transaction, model: RegisteredModel, beyond: int | None) -> Iterator[Standing]:
    while True:
        batch = tx.requests.page(model.id, beyond=beyond, limit=_BATCH)
        for request in batch:
            yield standing_of(tx, model, request)
        if len(batch) < _BATCH:
            return
        beyond = batch[-1].id

"""Requests for approval in tables."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, Select, bindparam, insert, select, text, update

from modelyard.application.ports.requests import NewRequest
from modelyard.domain.approval import Agreed, Approval, ApprovalRequest, Closing, RequestStatus
from modelyard.domain.digest import Digest
from modelyard.domain.lifecycle import Stage
from modelyard.domain.promotion_errors import RequestNotFound
from modelyard.domain.registered_model import no_model
from modelyard.infrastructure.database.moments import from_ms, to_ms
from modelyard.infrastructure.database.tables import approval_requests as requests
from modelyard.infrastructure.database.tables import approvals, models, versions

_SELECT: Select[Any] = (
    select(requests, models.c.name.label("model"), versions.c.number)
    .join(models, models.c.id == requests.c.model_id)
    .join(versions, versions.c.id == requests.c.version_id)
)
_GET = _SELECT.where(models.c.name == bindparam("of_name"), requests.c.id == bindparam("of_id"))
_UNCLOSED = _SELECT.where(
    requests.c.version_id == bindparam("of_version"),
    requests.c.to_stage == bindparam("stage"),
    requests.c.status == RequestStatus.OPEN.value,
)
_PAGE = _SELECT.where(requests.c.model_id == bindparam("of_model")).order_by(requests.c.id.desc())
# Written out, and not bound: only so can SQLite tell that the index of open ones holds all of them.
_OPEN = _SELECT.where(text("approval_requests.status = 'open'")).order_by(requests.c.id.desc())
_APPROVALS = select(approvals).order_by(approvals.c.at_ms, approvals.c.approver)
_MODEL = select(models.c.id).where(models.c.name == bindparam("of_name"))
_ADD = insert(requests).returning(requests.c.id)
_APPROVE = insert(approvals)
_THIS = requests.c.id == bindparam("of_id")
_TOUCH = update(requests).where(_THIS).values(revision=requests.c.revision + 1)
_CLOSE = _TOUCH.values(
    {name: bindparam(f"new_{name}") for name in ("status", "closed_at_ms", "closed_by", "closed_reason")}
)


class SqlRequests:
    """`Requests` on a connection inside a transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, request: NewRequest) -> int:
        """A unique index keeps a second open one out."""
        values = {
            "model_id": request.model_id,
            "version_id": request.version_id,
            "to_stage": request.to_stage.value,
            "from_stage": request.agreed.from_stage.value,
            "version_seal": request.agreed.version_seal,
            "policy_seal": request.agreed.policy_seal,
            "reason": request.reason,
            "created_at_ms": to_ms(request.created_at),
            "created_by": request.created_by,
            "expires_at_ms": to_ms(request.expires_at),
            "status": RequestStatus.OPEN.value,
            "revision": 1,
        }
        added: int = self._connection.execute(_ADD, values).scalar_one()
        return added

    def get(self, model: str, request_id: int) -> ApprovalRequest:
        """Only a miss asks whether it was the model."""
        found = self._all(_GET, {"of_name": model, "of_id": request_id})
        if found:
            return found[0]
        if self._connection.execute(_MODEL, {"of_name": model}).first() is None:
            raise no_model(model)
        raise RequestNotFound(f"{model} has no request {request_id}", hint="List the requests of the model.")

    def unclosed(self, version_id: int, to_stage: Stage) -> ApprovalRequest | None:
        """From the index of open ones."""
        found = self._all(_UNCLOSED, {"of_version": version_id, "stage": to_stage.value})
        return found[0] if found else None

    def page(self, model_id: int, *, beyond: int | None, limit: int) -> Sequence[ApprovalRequest]:
        """With the approvals of all in a second statement."""
        statement = _PAGE if beyond is None else _PAGE.where(requests.c.id < beyond)
        return self._all(statement.limit(limit), {"of_model": model_id})

    def all_unclosed(self, *, model_id: int | None = None, beyond: int | None, limit: int) -> Sequence[ApprovalRequest]:
        """From the index of open ones, however many have been closed."""
        statement = _OPEN if beyond is None else _OPEN.where(requests.c.id < beyond)
        if model_id is not None:
            statement = statement.where(requests.c.model_id == model_id)
        return self._all(statement.limit(limit), {})

    def approve(self, request_id: int, approval: Approval) -> None:
        """By primary key, so nobody approves twice."""
        values = {
            "request_id": request_id,
            "approver": approval.approver,
            "at_ms": to_ms(approval.at),
            "reason": approval.reason,
        }
        self._connection.execute(_APPROVE, values)
        self._connection.execute(_TOUCH, {"of_id": request_id})

    def close(self, request_id: int, closing: Closing) -> None:
        """One update."""
        values = {
            "of_id": request_id,
            "new_status": closing.status.value,
            "new_closed_at_ms": to_ms(closing.at),
            "new_closed_by": closing.by,
            "new_closed_reason": closing.reason,
        }
        self._connection.execute(_CLOSE, values)

    def _all(self, statement: Select[Any], parameters: dict[str, Any]) -> list[ApprovalRequest]:
        rows = self._connection.execute(statement, parameters).all()
        given: dict[int, list[Approval]] = {row.id: [] for row in rows}
        if given:
            wanted = _APPROVALS.where(approvals.c.request_id.in_(list(given)))
            for row in self._connection.execute(wanted):
                approval = Approval(approver=row.approver, at=from_ms(row.at_ms), reason=row.reason)
                given[row.request_id].append(approval)
        return [_request_of(row, given[row.id]) for row in rows]


def _request_of(row: Row[*tuple[Any, ...]], given: list[Approval]) -> ApprovalRequest:
    return ApprovalRequest(
        id=row.id,
        model=row.model,
        version=row.number,
        version_id=row.version_id,
        to_stage=Stage(row.to_stage),
        agreed=Agreed(
            from_stage=Stage(row.from_stage),
            version_seal=Digest(row.version_seal),
            policy_seal=Digest(row.policy_seal),
        ),
        reason=row.reason,
        created_at=from_ms(row.created_at_ms),
        created_by=row.created_by,
        expires_at=from_ms(row.expires_at_ms),
        approvals=tuple(given),
        closing=_closing_of(row),
        revision=row.revision,
    )


def _closing_of(row: Row[*tuple[Any, ...]]) -> Closing | None:
    if row.closed_at_ms is None:
        return None
    return Closing(
        status=RequestStatus(row.status),
        at=from_ms(row.closed_at_ms),
        by=row.closed_by,
        reason=row.closed_reason,
    )

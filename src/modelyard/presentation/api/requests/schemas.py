"""What goes in and out for requests for approval."""

from datetime import datetime
from typing import Any

from pydantic import Field

from modelyard.application.services.approving import REQUEST_ORDER, Reviewed, Standing, StepWanted
from modelyard.domain.approval import DEFAULT_TERM, LONGEST_TERM, RequestStatus
from modelyard.domain.lifecycle import Stage
from modelyard.presentation.api.fields import (
    Actor,
    Input,
    ModelName,
    Moment,
    NextCursor,
    Output,
    Reason,
    Revision,
    VersionNumber,
)
from modelyard.presentation.api.lists import ListParameters, sorting
from modelyard.presentation.api.transitions.schemas import ChecklistRead, TransitionRead, checked_fields


class RequestCreate(Input):
    """A change of stage that somebody asks others to approve."""

    version: VersionNumber
    to_stage: Stage = Field(strict=False, examples=["production"])
    reason: Reason = ""
    expires_at: datetime | None = Field(
        default=None,
        strict=False,
        description=f"Up to {LONGEST_TERM.days} days from now; in {DEFAULT_TERM.days} days, if you do not say",
        examples=["2026-12-24T12:00:00Z"],
        json_schema_extra={"format": "future"},
    )

    def wanted(self) -> StepWanted:
        """What is asked for, in the application's terms."""
        return StepWanted(version=self.version, to_stage=self.to_stage, reason=self.reason, expires_at=self.expires_at)


class Decision(Input):
    """Why somebody decides so."""

    reason: Reason = ""


class Rejection(Input):
    """Why somebody says no."""

    reason: Reason = Field(min_length=1)


class ApprovalRead(Output):
    """Somebody's consent."""

    approver: Actor
    at: Moment
    reason: Reason


class RequestRead(Output):
    """A request, and where it stands."""

    id: int = Field(examples=[7])
    model: ModelName
    version: VersionNumber
    from_stage: Stage = Field(examples=["staging"])
    to_stage: Stage = Field(examples=["production"])
    status: RequestStatus
    status_reason: str = Field(description="Why it stands so", examples=["the version was changed"])
    reason: Reason
    created_at: Moment
    created_by: Actor
    expires_at: Moment
    closed_at: Moment | None
    closed_by: Actor | None
    approvals: list[ApprovalRead]
    revision: Revision

    @classmethod
    def of(cls, standing: Standing) -> "RequestRead":
        """Read it from the application's."""
        return cls(**_told(standing))


class RequestDetail(RequestRead):
    """A request with what its step is held against now, and the step, if it was just taken."""

    checklist: ChecklistRead | None = Field(description="While the request is open, or was just carried out")
    transition: TransitionRead | None = Field(description="When this approval was the last that was needed")

    @classmethod
    def reviewed(cls, reviewed: Reviewed) -> "RequestDetail":
        """Read it from the application's."""
        return cls(
            **_told(reviewed.standing),
            checklist=ChecklistRead(**checked_fields(reviewed.checklist)) if reviewed.checklist else None,
            transition=TransitionRead.done(reviewed.transition) if reviewed.transition else None,
        )


class RequestPage(Output):
    """A page of requests."""

    items: list[RequestRead]
    next_cursor: NextCursor


class RequestList(ListParameters):
    """Which requests of a model."""

    sort: str = sorting(REQUEST_ORDER, "request-order")
    status: RequestStatus | None = Field(default=None, description="Only those that stand so")


def _told(standing: Standing) -> dict[str, Any]:
    request, closing = standing.request, standing.request.closing
    return {
        "id": request.id,
        "model": request.model,
        "version": request.version,
        "from_stage": request.agreed.from_stage,
        "to_stage": request.to_stage,
        "status": standing.status,
        "status_reason": standing.why,
        "reason": request.reason,
        "created_at": request.created_at,
        "created_by": request.created_by,
        "expires_at": request.expires_at,
        "closed_at": closing.at if closing else None,
        "closed_by": closing.by if closing else None,
        "approvals": [ApprovalRead.model_validate(approval) for approval in request.approvals],
        "revision": request.revision,
    }

"""A request for approval, in short."""

from dataclasses import dataclass
from datetime import datetime

from modelyard.application.services.approving import Standing
from modelyard.presentation.web.formats import MomentView, moment
from modelyard.presentation.web.links import request_link, version_link


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestView:
    """Who asked for which step of which version, and where that stands."""

    id: int
    href: str
    version: str
    version_href: str
    from_stage: str
    to_stage: str
    status: str
    why: str
    reason: str
    asked_by: str
    asked_at: MomentView
    expires: str
    approvals: tuple[tuple[str, str, MomentView], ...]
    """Of each: who, why, when."""


def request_view(standing: Standing, now: datetime) -> RequestView:
    """The request as it stands now."""
    request = standing.request
    return RequestView(
        id=request.id,
        href=request_link(request.model, request.id),
        version=f"{request.model}:{request.version}",
        version_href=version_link(request.model, request.version),
        from_stage=request.agreed.from_stage.value,
        to_stage=request.to_stage.value,
        status=standing.status.value,
        why=standing.why,
        reason=request.reason,
        asked_by=request.created_by,
        asked_at=moment(request.created_at, now),
        expires=f"{request.expires_at:%d %b %Y, %H:%M} UTC",
        approvals=tuple((each.approver, each.reason, moment(each.at, now)) for each in request.approvals),
    )

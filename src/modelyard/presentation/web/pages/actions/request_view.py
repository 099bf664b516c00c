"""What the page of a request shows to whom."""

from dataclasses import dataclass
from datetime import datetime

from modelyard.application.services.approving import Reviewed
from modelyard.domain.approval import RequestStatus
from modelyard.presentation.web.abilities import Abilities
from modelyard.presentation.web.forms import FormView
from modelyard.presentation.web.views.checklist import ChecklistView, checklist_view
from modelyard.presentation.web.views.request import RequestView, request_view


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestPageView:
    """A request. What the reader may do with it depends on who they are; `why_not` says what keeps them."""

    request: RequestView
    checklist: ChecklistView | None
    can_decide: bool
    can_withdraw: bool
    why_not: str
    form: FormView


def request_page_view(
    reviewed: Reviewed, now: datetime, name: str, abilities: Abilities, form: FormView
) -> RequestPageView:
    """The page for somebody of this name."""
    standing = reviewed.standing
    is_open = standing.status is RequestStatus.OPEN
    why_not = _why_not(reviewed, name, abilities) if is_open else ""
    return RequestPageView(
        request=request_view(standing, now),
        checklist=checklist_view(reviewed.checklist) if reviewed.checklist else None,
        can_decide=is_open and not why_not,
        can_withdraw=is_open and abilities.request,
        why_not=why_not,
        form=form,
    )


def _why_not(reviewed: Reviewed, name: str, abilities: Abilities) -> str:
    held, checklist = reviewed.standing.request, reviewed.checklist
    if checklist is not None and checklist.given >= checklist.needed > 0:
        return "All have approved it. The step is taken from the version's page, once all gates pass."
    if not abilities.decide:
        return "Approvers decide requests; you may look at this one."
    if held.created_by == name:
        return "You have asked for it, so somebody else has to decide."
    is_done = name in {approval.approver for approval in held.approvals}
    return "You have approved it already; others are still to decide." if is_done else ""

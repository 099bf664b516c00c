"""Requests for approval: a step that waits until others agree."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from modelyard.client.answers import Document
from modelyard.client.lifecycle import Checklist, Transition
from modelyard.client.model_part import ModelPart, VersionName
from modelyard.client.records import told


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """Somebody's consent."""

    approver: str
    at: datetime
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request, and where it stands: `open`, `executed`, `rejected`, `withdrawn`, `expired` or `superseded`.

    `checklist` is what the step is held against now; lists come without. `transition` is the step, where this very
    approval was the last that was needed.
    """

    id: int
    model: str
    version: int
    from_stage: str
    to_stage: str
    status: str
    status_reason: str
    reason: str
    created_at: datetime
    created_by: str
    expires_at: datetime
    closed_at: datetime | None
    closed_by: str | None
    approvals: Sequence[Approval]
    revision: int
    checklist: Checklist | None = None
    transition: Transition | None = None
    document: Document = field(repr=False, compare=False)

    @classmethod
    def of(cls, document: Document) -> "Request":
        """From the API's `RequestRead` or `RequestDetail`."""
        checklist, transition = document.get("checklist"), document.get("transition")
        held = {
            "approvals": tuple(Approval(**told(Approval, one)) for one in document["approvals"]),
            "checklist": Checklist.of(checklist) if checklist else None,
            "transition": Transition.of(transition) if transition else None,
        }
        return cls(**told(cls, document) | held, document=document)


class Approvals(ModelPart):
    """The requests of a model."""

    def request(
        self, version: VersionName, to_stage: str, *, reason: str = "", expires_at: datetime | None = None
    ) -> Request:
        """Ask others to approve a step, which is taken with the last approval that is needed.

        Args:
            version: Which one.
            to_stage: Where it is to go.
            reason: Why; it stands in the history.
            expires_at: With a time zone, up to 90 days from now; in two weeks, if you do not say.

        Raises:
            RequestExists: It is asked for already.
            TransitionRefused: There is no such step, or the policy does not allow it.
        """
        wanted: Document = {"version": self._number(version), "to_stage": to_stage, "reason": reason}
        if expires_at is not None:
            wanted["expires_at"] = expires_at.isoformat()
        return Request.of(self._transport.post(f"{self._home}/requests", wanted))

    def requests(self, *, status: str | None = None, limit: int | None = None) -> Iterator[Request]:
        """The requests of the model, the newest first; `status="open"` for those that wait."""
        return map(Request.of, self._items("/requests", {"status": status}, limit))

    def read_request(self, number: int) -> Request:
        """One, with the checklist as it is now.

        Raises:
            RequestNotFound: There is none of this number.
        """
        return Request.of(self._transport.get(f"{self._home}/requests/{number}"))

    def approve(self, number: int, *, reason: str = "") -> Request:
        """Agree to what somebody else asked for; the last approval that is needed takes the step.

        Raises:
            OwnRequest: You asked for it yourself, or have approved it already.
            RequestClosed: It was decided, withdrawn, or has expired.
        """
        return self._decide(number, "approve", reason)

    def reject(self, number: int, *, reason: str) -> Request:
        """Say no, and why.

        Raises:
            OwnRequest: You asked for it yourself.
            RequestClosed: It was decided, withdrawn, or has expired.
        """
        return self._decide(number, "reject", reason)

    def withdraw(self, number: int, *, reason: str = "") -> Request:
        """Take a request back.

        Raises:
            RequestClosed: It was decided, withdrawn, or has expired.
        """
        return self._decide(number, "withdraw", reason)

    def _decide(self, number: int, decision: str, reason: str) -> Request:
        return Request.of(self._transport.post(f"{self._home}/requests/{number}/{decision}", {"reason": reason}))

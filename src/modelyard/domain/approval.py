"""Approvals: a change of stage that waits until others agree."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from modelyard.domain.digest import Digest, digest_of
from modelyard.domain.errors import FieldError, InvalidInput
from modelyard.domain.json_value import JsonObject, canonical_json
from modelyard.domain.lifecycle import Stage
from modelyard.domain.model_version import ModelVersion
from modelyard.domain.policy import Policy
from modelyard.domain.promotion_errors import OwnRequest

DEFAULT_TERM = timedelta(days=14)
LONGEST_TERM = timedelta(days=90)


class RequestStatus(StrEnum):
    """Where a request stands. Only an open one can be decided."""

    OPEN = "open"
    EXECUTED = "executed"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """One person's consent."""

    approver: str
    at: datetime
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreed:
    """What people agree to: this step of a version as it is described now, under the policy as it is now.

    Description, tags, metadata and card are sealed in `version_seal`. Metrics are not: gates look at them when the step
    is taken.
    """

    from_stage: Stage
    version_seal: Digest
    policy_seal: Digest

    @classmethod
    def on(cls, version: ModelVersion, policy: Policy) -> "Agreed":
        """What would be agreed to now."""
        described: JsonObject = {
            "content": version.digest,
            "description": version.description,
            "tags": dict(version.tags),
            "metadata": version.metadata,
            "card": version.card,
        }
        return cls(
            from_stage=version.stage,
            version_seal=digest_of(canonical_json(described)),
            policy_seal=digest_of(canonical_json(policy.document())),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing:
    """How a request ended."""

    status: RequestStatus
    at: datetime
    by: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalRequest:
    """A change of stage that somebody asked for. `closing` is `None` until somebody ends it."""

    id: int
    model: str
    version: int
    version_id: int
    to_stage: Stage
    agreed: Agreed
    reason: str
    created_at: datetime
    created_by: str
    expires_at: datetime
    approvals: Sequence[Approval]
    closing: Closing | None
    revision: int

    @property
    def tag(self) -> str:
        """Names this state of this request."""
        return f"request-{self.id}-{self.revision}"

    def standing(self, now: datetime, present: Agreed) -> tuple[RequestStatus, str]:
        """Where it stands, and why.

        What was agreed to has to be what is there: when the version, its stage or the policy is another, the request
        is withdrawn without anybody's doing.
        """
        if self.closing is not None:
            return self.closing.status, self.closing.reason
        if now >= self.expires_at:
            return RequestStatus.EXPIRED, "nobody decided in time"
        if present.from_stage is not self.agreed.from_stage:
            return RequestStatus.WITHDRAWN, f"the version is in {present.from_stage} now"
        if present.version_seal != self.agreed.version_seal:
            return RequestStatus.WITHDRAWN, "the version was changed"
        if present.policy_seal != self.agreed.policy_seal:
            return RequestStatus.WITHDRAWN, "the policy was changed"
        return RequestStatus.OPEN, ""

    def require_other(self, name: str) -> None:
        """Let only somebody decide who did not ask for it.

        Raises:
            OwnRequest: they did.
        """
        if name == self.created_by:
            raise OwnRequest(
                f"{name[:100]} asked for it, so somebody else has to decide",
                hint="Let a colleague decide; X-Modelyard-Actor says who acts.",
            )

    def require_new(self, name: str) -> None:
        """Let nobody approve twice.

        Raises:
            OwnRequest: they have approved it already.
        """
        if name in {approval.approver for approval in self.approvals}:
            raise OwnRequest(f"{name[:100]} has approved it already", hint="Let another colleague decide.")


def check_expiry(now: datetime, expires_at: datetime | None) -> datetime:
    """When a request ends by itself: as asked for, or in 14 days.

    Raises:
        InvalidInput: that has passed, or is more than 90 days away.
    """
    if expires_at is None:
        return now + DEFAULT_TERM
    if not now < expires_at <= now + LONGEST_TERM:
        message = f"must lie in the next {LONGEST_TERM.days} days"
        raise InvalidInput(f"expires_at {message}", errors=[FieldError(pointer="/expires_at", message=message)])
    return expires_at

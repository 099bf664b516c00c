"""Programs that run elsewhere, by what their platform says they are: a job of a CI system, a pod of a cluster."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from modelyard.domain.access.token import MAX_TOKEN_NAME, Scope, TokenDraft
from modelyard.domain.errors import FieldError, InvalidInput
from modelyard.domain.names import text_faults
from modelyard.domain.policy import matches

MIN_TTL_SECONDS: Final = 60
MAX_TTL_SECONDS: Final = 3_600
DEFAULT_TTL_SECONDS: Final = 900
MAX_CLAIM: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustedIssuer:
    """Who signs tokens of workloads, and where its keys are: in a file, or where its discovery document says."""

    address: str
    keys: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """A workload as its issuer's token tells; what that says has been verified."""

    issuer: str
    subject: str
    audiences: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkloadIdentityDraft:
    """Which workloads may act as a service: of this issuer, for this audience, whose subject matches a glob.

    Their tokens are narrowed down to scopes and models, and live for `ttl_seconds`.

    Raises:
        InvalidInput: when made, against a rule.
    """

    account: str
    issuer: str
    audience: str
    subject: str
    scopes: frozenset[Scope]
    models: tuple[str, ...] = ("*",)
    ttl_seconds: int = DEFAULT_TTL_SECONDS

    def __post_init__(self) -> None:
        faults = [
            FieldError(pointer=f"/{name}", message=message)
            for name in ("issuer", "audience", "subject")
            for message in text_faults(getattr(self, name), longest=MAX_CLAIM)
        ]
        if not self.subject.strip("*"):
            faults.append(FieldError(pointer="/subject", message="must not stand for everybody of the issuer's"))
        if not MIN_TTL_SECONDS <= self.ttl_seconds <= MAX_TTL_SECONDS:
            message = f"must be {MIN_TTL_SECONDS} to {MAX_TTL_SECONDS}"
            faults.append(FieldError(pointer="/ttl_seconds", message=message))
        if faults:
            raise InvalidInput(f"{faults[0].pointer} {faults[0].message}", errors=faults)
        TokenDraft(name="workload", scopes=self.scopes, models=self.models)  # has rules for these two

    def covers(self, workload: Workload) -> bool:
        """Whether it is one of those that are meant."""
        is_of_issuer = workload.issuer == self.issuer and self.audience in workload.audiences
        return is_of_issuer and matches(self.subject, workload.subject)

    def token_for(self, workload: Workload, now: datetime) -> TokenDraft:
        """What such a workload gets, named by its subject."""
        name = "".join(letter if letter.isprintable() else "?" for letter in workload.subject)[:MAX_TOKEN_NAME].strip()
        expires_at = now + timedelta(seconds=self.ttl_seconds)
        return TokenDraft(name=name or "workload", scopes=self.scopes, models=self.models, expires_at=expires_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkloadIdentity:
    """Such a rule as it is kept."""

    id: int
    draft: WorkloadIdentityDraft
    created_at: datetime
    created_by: str

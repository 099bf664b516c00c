"""What goes in and out for workload identities."""

from typing import Annotated

from pydantic import Field

from modelyard.domain.access.token import Scope, in_order
from modelyard.domain.access.workload import (
    DEFAULT_TTL_SECONDS,
    MAX_CLAIM,
    MAX_TTL_SECONDS,
    MIN_TTL_SECONDS,
    WorkloadIdentity,
    WorkloadIdentityDraft,
)
from modelyard.presentation.api.fields import WHOLE, AccountName, Actor, Input, ModelPattern, Moment, Output
from modelyard.presentation.api.tokens.schemas import Patterns, Scopes

_SUBJECT = "repo:acme/fraud:ref:refs/heads/main"
_ISSUER = "https://token.actions.githubusercontent.com"


class WorkloadIdentityCreate(Input):
    """Which workloads may act as a service."""

    account: AccountName
    issuer: str = Field(
        min_length=1,
        max_length=MAX_CLAIM,
        description="The claim iss: one of MODELYARD_WORKLOAD_ISSUERS",
        examples=[_ISSUER],
        json_schema_extra={"format": "key"},
    )
    audience: str = Field(
        min_length=1,
        max_length=MAX_CLAIM,
        description="One of the claim aud",
        examples=["modelyard"],
        json_schema_extra={"format": "key"},
    )
    subject: str = Field(
        min_length=1,
        max_length=MAX_CLAIM,
        description="The claim sub, or a glob of it: `*` stands for any characters",
        examples=[_SUBJECT],
        json_schema_extra={"format": "key"},
    )
    scopes: Scopes
    models: Patterns = Field(default_factory=lambda: ["*"])
    ttl_seconds: Annotated[int, Field(ge=MIN_TTL_SECONDS, le=MAX_TTL_SECONDS), WHOLE] = Field(
        default=DEFAULT_TTL_SECONDS, description="How long a token is good for"
    )

    def draft(self) -> WorkloadIdentityDraft:
        """In the domain's terms."""
        return WorkloadIdentityDraft(
            account=self.account,
            issuer=self.issuer,
            audience=self.audience,
            subject=self.subject,
            scopes=frozenset(self.scopes),
            models=tuple(self.models),
            ttl_seconds=self.ttl_seconds,
        )


class WorkloadIdentityRead(Output):
    """Workloads that may act as a service."""

    id: int = Field(examples=[3])
    account: AccountName
    issuer: str = Field(examples=[_ISSUER])
    audience: str = Field(examples=["modelyard"])
    subject: str = Field(examples=[_SUBJECT])
    scopes: list[Scope] = Field(examples=[["write"]])
    models: list[ModelPattern] = Field(examples=[["fraud.*"]])
    ttl_seconds: int = Field(examples=[DEFAULT_TTL_SECONDS])
    created_at: Moment
    created_by: Actor

    @classmethod
    def of(cls, held: WorkloadIdentity) -> "WorkloadIdentityRead":
        """As it is shown."""
        draft = held.draft
        return cls(
            id=held.id,
            account=draft.account,
            issuer=draft.issuer,
            audience=draft.audience,
            subject=draft.subject,
            scopes=in_order(draft.scopes),
            models=list(draft.models),
            ttl_seconds=draft.ttl_seconds,
            created_at=held.created_at,
            created_by=held.created_by,
        )


class WorkloadIdentityList(Output):
    """Workload identities, in the order in which they were made."""

    items: list[WorkloadIdentityRead]

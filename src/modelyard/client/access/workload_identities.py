"""Which jobs of CI systems and pods of clusters act as which services."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from modelyard.client.answers import Document
from modelyard.client.records import told
from modelyard.client.transport import Transport


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkloadIdentity:
    """Workloads of an issuer, for an audience, whose subject matches a glob, act as the service `account`.

    Their tokens have these scopes and models, and live for `ttl_seconds`.
    """

    id: int
    account: str
    issuer: str
    audience: str
    subject: str
    scopes: Sequence[str]
    models: Sequence[str]
    ttl_seconds: int
    created_at: datetime
    created_by: str
    document: Document = field(repr=False, compare=False)

    @classmethod
    def of(cls, document: Document) -> "WorkloadIdentity":
        """From the API's `WorkloadIdentityRead`."""
        return cls(**told(cls, document), document=document)


class WorkloadIdentities:
    """The workloads that a registry trusts."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list(self) -> Sequence[WorkloadIdentity]:
        """All of them, in the order in which they were made."""
        return [WorkloadIdentity.of(one) for one in self._transport.get("/workload-identities")["items"]]

    def create(
        self,
        account: str,
        *,
        issuer: str,
        audience: str,
        subject: str,
        scopes: Sequence[str],
        models: Sequence[str] = ("*",),
        ttl_seconds: int = 900,
    ) -> WorkloadIdentity:
        """Let workloads act as a service.

        Args:
            account: The service.
            issuer: The claim `iss`, one of those that the operator trusts.
            audience: One of the claim `aud`.
            subject: The claim `sub`, or a glob of it.
            scopes: What their tokens may be used for.
            models: Globs of the names of models that they are good for.
            ttl_seconds: How long they are good for: 60 to 3,600.

        Raises:
            AccountNotFound: There is no such account.
            InvalidInput: It is a person, or the operator does not trust the issuer.
        """
        wanted = {
            "account": account,
            "issuer": issuer,
            "audience": audience,
            "subject": subject,
            "scopes": list(scopes),
            "models": list(models),
            "ttl_seconds": ttl_seconds,
        }
        return WorkloadIdentity.of(self._transport.post("/workload-identities", wanted))

    def delete(self, number: int) -> None:
        """Trust these workloads no more; the tokens that they have by this rule are good for nothing at once.

        Raises:
            WorkloadIdentityNotFound: There is none of this id.
        """
        self._transport.request("DELETE", f"/workload-identities/{number}")

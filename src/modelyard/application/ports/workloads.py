"""Who vouches for workloads, and where it is kept which of them are trusted."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from modelyard.domain.access.workload import Workload, WorkloadIdentity, WorkloadIdentityDraft


class WorkloadVerifier(Protocol):
    """Proves tokens that platforms give to what runs on them."""

    @property
    def issuers(self) -> Sequence[str]:
        """Those that the operator trusts to say who somebody is. No other one is asked for its keys."""

    async def workload(self, token: str) -> Workload:
        """Whom the token is about.

        Raises:
            InvalidGrant: it cannot be believed.
            ProviderUnavailable: its issuer does not say its keys.
        """


class WorkloadIdentities(Protocol):
    """Which workloads may act as which services, within one transaction."""

    def add(self, account_id: int, draft: WorkloadIdentityDraft, *, by: str, at: datetime) -> WorkloadIdentity:
        """Keep a new one."""

    def get(self, identity_id: int) -> WorkloadIdentity:
        """One of them.

        Raises:
            WorkloadIdentityNotFound: there is none.
        """

    def all(self) -> Sequence[WorkloadIdentity]:
        """Each of them, in the order in which they were made."""

    def of_issuer(self, issuer: str) -> Sequence[WorkloadIdentity]:
        """Those of one issuer, in the order in which they were made."""

    def delete(self, identity_id: int) -> None:
        """Take it away."""

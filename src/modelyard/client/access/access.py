"""The way to all that is about who may do what."""

from modelyard.client.access.accounts import Accounts, Me
from modelyard.client.access.grants import Grants
from modelyard.client.access.groups import Groups
from modelyard.client.access.tokens import Tokens
from modelyard.client.access.workload_identities import WorkloadIdentities
from modelyard.client.transport import Transport


class Access:
    """Who may do what in a registry. One's own tokens apart, it takes the role `admin` on `*`."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def me(self) -> Me:
        """Who one is, and what one may do."""
        return Me.of(self._transport.get("/me"))

    @property
    def accounts(self) -> Accounts:
        """People and services."""
        return Accounts(self._transport)

    @property
    def groups(self) -> Groups:
        """Accounts that share what is granted to the group."""
        return Groups(self._transport)

    @property
    def grants(self) -> Grants:
        """Who has which role, in which models."""
        return Grants(self._transport)

    @property
    def tokens(self) -> Tokens:
        """With which programs say whose they are."""
        return Tokens(self._transport)

    @property
    def workload_identities(self) -> WorkloadIdentities:
        """Which jobs and pods act as which services."""
        return WorkloadIdentities(self._transport)

"""Who somebody is, as an identity provider says it."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Issuer and subject name a person for ever; the name is what their account is called when it is made.

    `groups` is None where the provider is not asked for them.
    """

    issuer: str
    subject: str
    name: str
    groups: frozenset[str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityRules:
    """What becomes of somebody whom the provider knows."""

    session_ttl: timedelta
    links_accounts: bool
    """Whether an account of the same name that is there already, and belongs to nobody of the provider's, is theirs."""

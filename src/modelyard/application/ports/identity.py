"""Who vouches for people."""

from datetime import datetime
from typing import Protocol

from modelyard.domain.access.identity import Identity


class IdentityProvider(Protocol):
    """An identity provider that people are sent to with their browsers, and come back from with a code."""

    @property
    def label(self) -> str:
        """What people call it."""

    async def address(self, *, state: str, nonce: str, verifier: str) -> str:
        """Where to send a browser.

        Raises:
            ProviderUnavailable: it does not say where.
        """

    async def identity(self, *, code: str, nonce: str, verifier: str) -> Identity:
        """Who came back with this code, to the sign-in of this nonce and verifier.

        Raises:
            SignInFailed: the provider does not take the code, or what it says cannot be believed.
            ProviderUnavailable: it does not answer.
        """


class SignIns(Protocol):
    """Browsers that were sent to the provider and have not come back, within one transaction."""

    def add(self, state_hash: bytes, browser_hash: bytes, target: str, *, at: datetime, expires_at: datetime) -> None:
        """Remember one; those that have expired are forgotten."""

    def take(self, state_hash: bytes, *, at: datetime) -> tuple[bytes, str] | None:
        """Hash of the browser and target of one that has not expired; once, by nobody a second time."""

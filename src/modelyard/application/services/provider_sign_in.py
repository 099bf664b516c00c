"""Signing in by an identity provider: there with a state, back with a code, once."""

import base64
import hmac
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from modelyard.application.ports.database import Database, Transaction
from modelyard.application.ports.identity import IdentityProvider
from modelyard.application.services.enrolling import admit_identity
from modelyard.application.services.limiting import Limits
from modelyard.domain.access.identity import IdentityRules
from modelyard.domain.access.token import Secret, hash_of
from modelyard.domain.access_errors import SignInFailed

TTL: Final = timedelta(minutes=10)
"""How long somebody may take at the provider."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Departure:
    """Where the browser goes, and the secret that it keeps until it is back."""

    address: str
    browser: str


class ProviderSignIn:
    """Sends browsers to the provider, and lets those in who come back from it.

    State and a secret of the browser's are random, and only their hashes are kept; nonce and PKCE's verifier are made
    of both. So whoever comes back has to be the browser that left, within ten minutes, and comes back once: in whatever
    process, since a row is taken out of the database.
    """

    def __init__(self, database: Database, provider: IdentityProvider, limits: Limits, rules: IdentityRules) -> None:
        self._database = database
        self._provider = provider
        self._limits = limits
        self._rules = rules

    @property
    def label(self) -> str:
        """What people call the provider."""
        return self._provider.label

    async def begin(self, target: str, address: str) -> Departure:
        """Where to send a browser that is to go on to the target afterwards.

        Raises:
            TooManyRequests: the address has tried too often.
            ProviderUnavailable: the provider does not answer.
        """
        await self._limits.count_sign_in(address)
        state, browser = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
        leaving = await self._provider.address(
            state=state, nonce=_derived("nonce", browser, state), verifier=_derived("verifier", browser, state)
        )
        await self._database.write(_remember, hash_of(state), hash_of(browser), target)
        return Departure(address=leaving, browser=browser)

    async def finish(self, *, state: str, browser: str, code: str) -> tuple[Secret, str]:
        """The secret of a new session, and where to go on to.

        Raises:
            SignInFailed: nobody left with this state, or another browser did; the provider does not vouch; or no
                account is theirs.
            ProviderUnavailable: the provider does not answer.
        """
        left = await self._database.write(_take, hash_of(state))
        if left is None or not hmac.compare_digest(left[0], hash_of(browser)):
            raise SignInFailed("this browser has not begun to sign in, or took too long", hint="Begin again.")
        identity = await self._provider.identity(
            code=code, nonce=_derived("nonce", browser, state), verifier=_derived("verifier", browser, state)
        )
        return await self._database.write(admit_identity, identity, self._rules), left[1]


def _remember(tx: Transaction, state_hash: bytes, browser_hash: bytes, target: str) -> None:
    tx.sign_ins.add(state_hash, browser_hash, target, at=tx.now, expires_at=tx.now + TTL)


def _take(tx: Transaction, state_hash: bytes) -> tuple[bytes, str] | None:
    return tx.sign_ins.take(state_hash, at=tx.now)


def _derived(purpose: str, browser: str, state: str) -> str:
    """43 characters of base64url: 256 bits, and what RFC 7636 asks of a verifier."""
    digest = hmac.digest(_bytes(browser), _bytes(f"{purpose}:{state}"), "sha256")
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    return text.encode(errors="surrogatepass")

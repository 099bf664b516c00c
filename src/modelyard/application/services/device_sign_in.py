"""Signing in a program by a browser (RFC 8628): it shows a code, somebody allows it, it fetches its token."""

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from modelyard.application.ports.database import Database, Transaction
from modelyard.application.services.issuing import keep_token, require_narrower
from modelyard.application.services.limiting import Limits
from modelyard.domain.access.device import DeviceDraft, DeviceSignIn, new_user_code, read_user_code
from modelyard.domain.access.standing import Standing
from modelyard.domain.access.token import Secret, Token, TokenDraft, hash_of
from modelyard.domain.access_errors import SignInFailed
from modelyard.domain.token_errors import (
    AccessDenied,
    AuthorizationPending,
    ExpiredToken,
    InvalidGrant,
    SlowDown,
    TokenRefused,
)

TTL: Final = timedelta(minutes=10)
"""How long somebody may take to allow it."""
INTERVAL: Final = timedelta(seconds=2)
"""How long a program waits between two questions."""
_HURRY: Final = INTERVAL / 2
"""Sooner than this is too soon; clocks and networks are not exact."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceCodes:
    """What a program gets: one code that it keeps, and one that it shows."""

    device_code: str = field(repr=False)
    user_code: str


class DeviceSignInService:
    """Lets programs in for whoever allows it in a browser; in whatever process, since all of it is in the database."""

    def __init__(self, database: Database, limits: Limits, token_ttl: timedelta) -> None:
        self._database = database
        self._limits = limits
        self._token_ttl = token_ttl

    async def begin(self, draft: DeviceDraft, address: str) -> DeviceCodes:
        """Two codes, good for ten minutes.

        Raises:
            TooManyRequests: the address has tried too often.
        """
        await self._limits.count_sign_in(address)
        codes = DeviceCodes(device_code=secrets.token_urlsafe(32), user_code=new_user_code())
        await self._database.write(_remember, codes, draft)
        return codes

    async def asked(self, typed: str, address: str) -> DeviceSignIn:
        """What somebody is about to allow, by the code that they typed.

        Raises:
            TooManyRequests: the address has tried too many. Each try counts, before anything is looked at.
            SignInFailed: no program waits with this code.
        """
        await self._limits.count_sign_in(address)
        return await self._database.read(_open, _hash_of_typed(typed))

    async def decide(self, standing: Standing, typed: str, address: str, *, is_allowed: bool) -> DeviceSignIn:
        """Let a program have a token of one's own, or not; which program that was.

        Raises:
            TooManyRequests, SignInFailed: as `asked`.
            PermissionDenied: it asks for more than what the caller came with lets through.
        """
        await self._limits.count_sign_in(address)
        return await self._database.write(
            _decide, standing, _hash_of_typed(typed), self._token_ttl, is_allowed=is_allowed
        )

    async def collect(self, device_code: str, address: str) -> tuple[Token, Secret]:
        """The token, once somebody has allowed it; once.

        Raises:
            AuthorizationPending, SlowDown, AccessDenied, ExpiredToken: as RFC 8628 (section 3.5) has it.
            InvalidGrant: there is no such code, or it was good for a token already.
            TooManyRequests: the address has sent too many wrong ones.
        """
        digest = hash_of(device_code)
        if await self._database.read(_held, digest) is None:
            await self._limits.count_wrong_token(address)
            raise _wrong()
        collected = await self._database.write(_collect, digest, self._token_ttl)
        if isinstance(collected, TokenRefused):
            raise collected
        return collected


def _wrong() -> InvalidGrant:
    return InvalidGrant("there is no such device code, or it was used", hint="Begin again.")


def _remember(tx: Transaction, codes: DeviceCodes, draft: DeviceDraft) -> None:
    device, user = hash_of(codes.device_code), hash_of(codes.user_code)
    tx.device_sign_ins.add(device, user, draft, at=tx.now, expires_at=tx.now + TTL)


def _held(tx: Transaction, device_hash: bytes) -> DeviceSignIn | None:
    return tx.device_sign_ins.of_device_code(device_hash)


def _hash_of_typed(typed: str) -> bytes:
    """What is kept of the code that somebody typed; of what is none, the hash of nothing, which nobody waits with."""
    return hash_of(read_user_code(typed) or "")


def _open(tx: Transaction, user_hash: bytes) -> DeviceSignIn:
    held = tx.device_sign_ins.of_user_code(user_hash)
    if held is None or held.is_decided or held.expires_at <= tx.now:
        raise _nobody_waits()
    return held


def _nobody_waits() -> SignInFailed:
    return SignInFailed(
        "no program waits with this code",
        hint="Compare it with the one that the program shows; after ten minutes begin again.",
    )


def _decide(
    tx: Transaction, standing: Standing, user_hash: bytes, token_ttl: timedelta, *, is_allowed: bool
) -> DeviceSignIn:
    held = _open(tx, user_hash)
    account = None
    if is_allowed:
        require_narrower(standing, _token_draft(held, tx.now + token_ttl))
        account = tx.accounts.get(standing.principal.name)
    if not tx.device_sign_ins.decide(user_hash, account):
        raise _nobody_waits()  # somebody else has decided meanwhile
    return held


def _collect(tx: Transaction, digest: bytes, token_ttl: timedelta) -> tuple[Token, Secret] | TokenRefused:
    """What is refused is given back, not raised: that somebody has asked has to stay."""
    held = tx.device_sign_ins.of_device_code(digest)
    if held is None:
        return _wrong()
    if held.expires_at <= tx.now:
        return ExpiredToken("nobody has allowed it in time")
    if not held.is_decided:
        tx.device_sign_ins.note_poll(digest, at=tx.now)
        is_hurried = held.polled_at is not None and tx.now - held.polled_at < _HURRY
        return SlowDown("it asks too often") if is_hurried else AuthorizationPending("nobody has allowed it yet")
    if not tx.device_sign_ins.take(digest):
        return _wrong()
    account = None if held.is_refused else tx.accounts.get(held.account)
    if account is None or not account.is_active:
        return AccessDenied("somebody said that it is not to be let in")
    return keep_token(tx, account.principal, account, _token_draft(held, tx.now + token_ttl), way="browser")


def _token_draft(held: DeviceSignIn, end: datetime) -> TokenDraft:
    return TokenDraft(name=held.draft.client, scopes=held.draft.scopes, expires_at=end)

"""Signing in by password, and passwords."""

from datetime import timedelta

from modelyard.application.ports.database import Database, Transaction
from modelyard.application.ports.passwords import PasswordHasher
from modelyard.application.services.journal import record_of_registry
from modelyard.application.services.limiting import Limits
from modelyard.application.services.sessions import open_session
from modelyard.domain.access.account import Account, AccountKind
from modelyard.domain.access.password import MAX_PASSWORD, check_password
from modelyard.domain.access.standing import EVERYTHING, Standing
from modelyard.domain.access.token import Scope, Secret, TokenKind
from modelyard.domain.access_errors import AccountNotFound, PermissionDenied, SignInFailed
from modelyard.domain.errors import FieldError, InvalidInput
from modelyard.domain.event import Action
from modelyard.domain.names import MAX_KEY, text_faults
from modelyard.domain.permission import Permission


class Passwords:
    """Passwords of those who have no other way to sign in: hashed beside the event loop, guessed at a limited rate."""

    def __init__(self, database: Database, hasher: PasswordHasher, limits: Limits, session_ttl: timedelta) -> None:
        self._database = database
        self._hasher = hasher
        self._limits = limits
        self._session_ttl = session_ttl

    async def sign_in(self, name: str, password: str, address: str) -> Secret:
        """The secret of a new session.

        An account that is not there, has no password or is not active fails as a wrong password does, at the same cost.

        Raises:
            TooManyRequests: the address has tried too often. Each try counts, before anything is looked at.
            SignInFailed: it is not the password.
        """
        await self._limits.count_sign_in(address)
        kept = await self._database.read(_kept, name)
        if not await self._hasher.matches(kept, password[: MAX_PASSWORD + 1]):
            raise SignInFailed("that is not the name and the password of an account")
        return await self._database.write(open_session, name, self._session_ttl, "password")

    async def change(
        self, standing: Standing, name: str | None, password: str, current: str | None, address: str
    ) -> None:
        """Set a password, of one's own or with the right to of another account; its sessions end.

        Raises:
            PermissionDenied: the token is narrowed, so that it would make itself more; or it is somebody else's.
            SignInFailed: `current` is not the password that one has.
            InvalidInput, AccountNotFound, TooManyRequests: as they say.
        """
        owner = name or standing.principal.name
        _require_whole(standing, owner)
        check_password(password, owner)
        if owner == standing.principal.name:
            await self._require_current(owner, current, address)
        hashed = await self._hasher.hash(password)
        await self._database.write(_set_password, standing, owner, hashed)

    async def remove(self, standing: Standing, name: str | None) -> None:
        """Let an account have no password; its sessions end.

        Raises:
            PermissionDenied, AccountNotFound: as `change`.
        """
        owner = name or standing.principal.name
        _require_whole(standing, owner)
        await self._database.write(_set_password, standing, owner, None)

    async def _require_current(self, owner: str, current: str | None, address: str) -> None:
        """Else whoever finds a browser open takes over the account."""
        kept = await self._database.read(_kept, owner)
        if kept is None:
            return
        await self._limits.count_sign_in(address)
        if not await self._hasher.matches(kept, current or ""):
            raise SignInFailed(
                "`current` is not your password",
                hint="Send the password that you have as `current`.",
                errors=[FieldError(pointer="/current", message="is not your password")],
            )


def has_password(tx: Transaction, standing: Standing) -> bool:
    """Whether the caller has a password, which has to be sent along to change it.

    Raises:
        PermissionDenied: as `Passwords.change`.
        InvalidInput: the caller is a service.
    """
    _require_whole(standing, standing.principal.name)
    account = tx.accounts.get(standing.principal.name)
    _require_person(account)
    return tx.accounts.password_hash(account) is not None


def _kept(tx: Transaction, name: str) -> str | None:
    if any(text_faults(name, longest=MAX_KEY)):
        return None  # no account has it, and not every database takes it
    try:
        account = tx.accounts.get(name)
    except AccountNotFound:
        return None
    return tx.accounts.password_hash(account) if account.is_active else None


def _set_password(tx: Transaction, standing: Standing, name: str, hashed: str | None) -> None:
    account = tx.accounts.get_to_change(name)
    _require_person(account)
    tx.accounts.set_password(account, hashed)
    tx.tokens.revoke_all(account.id, TokenKind.SESSION, at=tx.now)
    told: dict[str, str | bool] = {"account": name, "has_one": hashed is not None}
    record_of_registry(tx, standing.principal, Action.PASSWORD_CHANGED, after=told)


def _require_person(account: Account) -> None:
    if account.kind is AccountKind.SERVICE:
        message = "is a service, which signs in by tokens alone"
        raise InvalidInput(f"{account.name!r} {message}", errors=[FieldError(pointer="/account", message=message)])


def _require_whole(standing: Standing, owner: str) -> None:
    lasts = standing.lives_until is None  # a password would outlive it
    is_whole = Scope.ADMIN in standing.scopes and EVERYTHING in standing.models and lasts
    is_allowed = owner == standing.principal.name or standing.allows_anywhere(Permission.ACCESS_EDIT)
    if not is_whole or not is_allowed:
        raise PermissionDenied(
            "passwords need a session, or a token of scope admin for all models that does not end, "
            "and those of others the right to change access",
            details={"permission": Permission.ACCESS_EDIT.value},
        )

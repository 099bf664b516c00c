"""Sessions of browsers: opened by whoever has signed in, closed at once in every process."""

from datetime import timedelta

from modelyard.application.ports.database import Transaction
from modelyard.application.services.journal import record_of_registry
from modelyard.domain.access.account import Account
from modelyard.domain.access.token import Scope, Secret, TokenDraft, TokenKind, new_secret
from modelyard.domain.access_errors import SignInFailed
from modelyard.domain.event import Action

KEPT_FOR = timedelta(days=7)
"""How long a session that has ended is still shown beside tokens."""


def open_session(tx: Transaction, name: str, ttl: timedelta, way: str) -> Secret:
    """Let an account in until the time has passed. `way` says in the history how it signed in.

    Each sign-in has a secret of its own, never one that was there before it: nobody can make others use theirs.

    Raises:
        AccountNotFound: there is no such account.
        SignInFailed: it is not active.
    """
    return open_session_of(tx, tx.accounts.get(name), ttl, way)


def open_session_of(tx: Transaction, account: Account, ttl: timedelta, way: str) -> Secret:
    """As `open_session`, of an account that has been read.

    Raises:
        SignInFailed: it is not active.
    """
    if not account.is_active:
        raise SignInFailed("the account is not active", hint="Ask an administrator.")
    tx.tokens.forget(TokenKind.SESSION, ended_before=tx.now - KEPT_FOR)
    secret = new_secret()
    draft = TokenDraft(name=f"browser, by {way}", scopes=frozenset({Scope.ADMIN}), expires_at=tx.now + ttl)
    tx.tokens.add(account.id, draft, secret, by=account.name, at=tx.now, kind=TokenKind.SESSION)
    record_of_registry(tx, account.principal, Action.ACCOUNT_SIGNED_IN, after={"account": account.name, "way": way})
    return secret


def close_session(tx: Transaction, digest: bytes) -> None:
    """Let a session be good for nothing from now on; one that is not there, or is over, stays so."""
    found = tx.tokens.by_hash(digest)
    if found is not None and found[0].kind is TokenKind.SESSION and found[0].revoked_at is None:
        tx.tokens.revoke(found[0].id, at=tx.now)

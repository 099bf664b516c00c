"""Tokens: made, seen, replaced and revoked. Their secrets are shown once, and kept nowhere."""

from collections.abc import Sequence

from modelyard.application.ports.database import Transaction
from modelyard.application.services.administering import (
    create_account,
    grant_role,
    has_administrator,
    update_account,
)
from modelyard.application.services.journal import record_of_registry
from modelyard.domain.access.account import Account, AccountDraft
from modelyard.domain.access.grant import Grant, Subject, SubjectKind
from modelyard.domain.access.role import Role
from modelyard.domain.access.standing import EVERYTHING, Standing
from modelyard.domain.access.token import Scope, Secret, Token, TokenDraft, TokenKind, new_secret
from modelyard.domain.access_errors import AccountNotFound, PermissionDenied, TokenNotFound
from modelyard.domain.errors import FieldError, InvalidInput
from modelyard.domain.event import Action
from modelyard.domain.permission import Permission
from modelyard.domain.principal import Principal

FIRST_ADMINISTRATOR = "admin"
BOOTSTRAP = Principal("modelyard")
"""Who makes the first account."""


def issue_token(tx: Transaction, standing: Standing, draft: TokenDraft, account: str | None) -> tuple[Token, Secret]:
    """Make a token of one's own, or with the right to, of another account. It never lets through more than one's own.

    Raises:
        AccountNotFound: there is no such account.
        PermissionDenied: it is somebody else's, or wider than the token that asks.
        InvalidInput: it would expire in the past.
    """
    name = account or standing.principal.name
    _require_own(standing, name)
    require_narrower(standing, draft)
    if draft.expires_at is not None and draft.expires_at <= tx.now:
        message = "must lie in the future"
        raise InvalidInput(f"expires_at {message}", errors=[FieldError(pointer="/expires_at", message=message)])
    owner = tx.accounts.get(name)
    return keep_token(tx, standing.principal, owner, draft)


def keep_token(
    tx: Transaction,
    principal: Principal,
    owner: Account,
    draft: TokenDraft,
    kind: TokenKind = TokenKind.TOKEN,
    *,
    workload_identity_id: int | None = None,
    **told: str,
) -> tuple[Token, Secret]:
    """Make a token of an account, whoever lets it have one; `told` is what the history says of it beside the usual."""
    secret = new_secret()
    token = tx.tokens.add(
        owner.id,
        draft,
        secret,
        by=principal.name,
        at=tx.now,
        kind=kind,
        workload_identity_id=workload_identity_id,
    )
    record_of_registry(tx, principal, Action.TOKEN_CREATED, after={**_told(token), **told})
    return token, secret


def list_tokens(tx: Transaction, standing: Standing, account: str | None, *, is_of_all: bool) -> Sequence[Token]:
    """One's own, those of another account, or all; the newest first.

    Raises:
        PermissionDenied: they are somebody else's.
    """
    if is_of_all:
        _require_own(standing, "")
        return tx.tokens.of_accounts(None)
    name = account or standing.principal.name
    _require_own(standing, name)
    return tx.tokens.of_accounts([name])


def revoke_token(tx: Transaction, standing: Standing, token_id: int) -> None:
    """Let a token be good for nothing, for every request that begins after this is acknowledged.

    Raises:
        TokenNotFound: there is none, or it is somebody else's.
    """
    token = _own(tx, standing, token_id)
    if token.revoked_at is None:
        tx.tokens.revoke(token_id, at=tx.now)
        record_of_registry(tx, standing.principal, Action.TOKEN_REVOKED, before=_told(token))


def rotate_token(tx: Transaction, standing: Standing, token_id: int) -> tuple[Token, Secret]:
    """Revoke a token, and make one that is like it.

    Raises:
        TokenNotFound: there is none, it is somebody else's, or a browser's session or a workload's.
        PermissionDenied: it is wider than the token that asks.
    """
    token = _own(tx, standing, token_id)
    if token.kind is not TokenKind.TOKEN:
        raise TokenNotFound(
            f"{token_id} is of a browser or a workload, and cannot be replaced", hint="Revoke it, and sign in again."
        )
    revoke_token(tx, standing, token_id)
    return issue_token(tx, standing, token.draft, token.account)


def enrol_first_administrator(tx: Transaction) -> Secret | None:
    """Where nobody may give rights: make an account that may do everything, and a token of it.

    The secret is told once.

    Raises:
        AccountExists: somebody who is no administrator has the name that it would have.
    """
    tx.accounts.hold()
    if has_administrator(tx):
        return None
    account = create_account(tx, BOOTSTRAP, AccountDraft(name=FIRST_ADMINISTRATOR))
    _make_administrator(tx, account)
    _, secret = keep_token(tx, BOOTSTRAP, account, TokenDraft(name="first start", scopes=frozenset({Scope.ADMIN})))
    return secret


def recover_administrator(tx: Transaction) -> Secret:
    """A token of the first administrator, for an operator whom nobody lets in any more.

    The account is made where there is none, made active, and given the role again where it was taken away.
    """
    tx.accounts.hold()
    try:
        account = tx.accounts.get(FIRST_ADMINISTRATOR)
    except AccountNotFound:
        account = create_account(tx, BOOTSTRAP, AccountDraft(name=FIRST_ADMINISTRATOR))
    if not account.is_active:
        account = update_account(tx, BOOTSTRAP, account.name, frozenset({account.tag}), is_active=True)
    _make_administrator(tx, account)
    return keep_token(tx, BOOTSTRAP, account, TokenDraft(name="recovery", scopes=frozenset({Scope.ADMIN})))[1]


def _make_administrator(tx: Transaction, account: Account) -> None:
    subject = Subject(kind=SubjectKind.ACCOUNT, name=account.name)
    grant_role(tx, BOOTSTRAP, Grant(subject=subject, models=EVERYTHING, role=Role.ADMIN))


def _own(tx: Transaction, standing: Standing, token_id: int) -> Token:
    token = tx.tokens.get(token_id)
    if token.account != standing.principal.name and not standing.allows_anywhere(Permission.ACCESS_EDIT):
        raise TokenNotFound(f"there is no token {token_id}", hint="List the tokens.")
    return token


def _require_own(standing: Standing, name: str) -> None:
    if name != standing.principal.name and not standing.allows_anywhere(Permission.ACCESS_EDIT):
        raise PermissionDenied(
            "the tokens of others need the right to change access",
            details={"permission": Permission.ACCESS_EDIT.value},
        )


def require_narrower(standing: Standing, draft: TokenDraft) -> None:
    """Else a token that leaked could make itself a better one.

    Raises:
        PermissionDenied: the draft would let through more than what the caller came with, or for longer; or they came
            with the token of a workload, which ends with the rule that gave it, and would leave another one behind.
    """
    if not standing.makes_tokens:
        raise PermissionDenied(
            "the token of a workload makes no other",
            hint="Exchange the token of the platform again.",
            details={"permission": Permission.ACCESS_OWN.value},
        )
    is_wider = not draft.scopes <= standing.scopes and Scope.ADMIN not in standing.scopes
    has_other_models = EVERYTHING not in standing.models and not set(draft.models) <= set(standing.models)
    end = standing.lives_until
    if is_wider or has_other_models or (end is not None and (draft.expires_at is None or draft.expires_at > end)):
        raise PermissionDenied(
            "a token cannot make one that may do more than itself",
            hint="Ask for its scopes, its models and its end, or for less.",
            details={"permission": Permission.ACCESS_OWN.value},
        )


def _told(token: Token) -> dict[str, str | int | list[str]]:
    """As history has it."""
    draft = token.draft
    return {
        "id": token.id,
        "account": token.account,
        "name": draft.name,
        "scopes": sorted(draft.scopes),
        "models": list(draft.models),
    }

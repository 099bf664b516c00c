"""Tokens in a table: hashes of their secrets, never the secrets."""

import json
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, bindparam, delete, insert, select, update

from modelyard.domain.access.token import Scope, Secret, Token, TokenDraft, TokenKind
from modelyard.domain.access_errors import TokenNotFound
from modelyard.infrastructure.database.access_tables import accounts, tokens
from modelyard.infrastructure.database.moments import from_ms, to_ms
from modelyard.infrastructure.database.repositories.accounts import count_up

_SELECT = select(tokens, accounts.c.name.label("account")).join(accounts, accounts.c.id == tokens.c.account_id)
_OF_HASH = _SELECT.where(tokens.c.hash == bindparam("of_hash"))
_OF_ID = _SELECT.where(tokens.c.id == bindparam("of_id"))
_THIS = tokens.c.id == bindparam("of_id")


class SqlTokens:
    """`Tokens` on a connection inside a transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(
        self,
        account_id: int,
        draft: TokenDraft,
        secret: Secret,
        *,
        by: str,
        at: datetime,
        kind: TokenKind = TokenKind.TOKEN,
        workload_identity_id: int | None = None,
    ) -> Token:
        """One insert."""
        values = {
            "account_id": account_id,
            "hash": secret.hash,
            "ending": secret.ending,
            "name": draft.name,
            "scopes": json.dumps(sorted(draft.scopes)),
            "models": json.dumps(draft.models),
            "expires_at_ms": to_ms(draft.expires_at) if draft.expires_at else None,
            "created_at_ms": to_ms(at),
            "created_by": by,
            "kind": kind,
            "workload_identity_id": workload_identity_id,
        }
        return self.get(self._connection.execute(insert(tokens).returning(tokens.c.id), values).scalar_one())

    def by_hash(self, digest: bytes) -> tuple[Token, int] | None:
        """By the unique constraint: what is compared is the hash, so the time tells nothing of the secret."""
        row = self._connection.execute(_OF_HASH, {"of_hash": digest}).first()
        return None if row is None else (_token_of(row), row.account_id)

    def get(self, token_id: int) -> Token:
        """By primary key."""
        row = self._connection.execute(_OF_ID, {"of_id": token_id}).first()
        if row is None:
            raise TokenNotFound(f"there is no token {token_id}", hint="List the tokens.")
        return _token_of(row)

    def of_accounts(self, names: Collection[str] | None) -> Sequence[Token]:
        """By index where accounts are named."""
        statement = _SELECT.order_by(tokens.c.id.desc())
        if names is not None:
            statement = statement.where(accounts.c.name.in_(names))
        return [_token_of(row) for row in self._connection.execute(statement)]

    def revoke(self, token_id: int, *, at: datetime) -> None:
        """Once."""
        self._revoke(tokens.c.id == token_id, at=at)

    def revoke_all(self, account_id: int, kind: TokenKind, *, at: datetime) -> None:
        """By the index of accounts."""
        self._revoke(tokens.c.account_id == account_id, tokens.c.kind == kind, at=at)

    def revoke_exchanged(self, account_id: int, workload_identity_id: int, *, at: datetime) -> None:
        """By the index of accounts."""
        its = tokens.c.workload_identity_id == workload_identity_id
        self._revoke(tokens.c.account_id == account_id, its, at=at)

    def forget(self, kind: TokenKind, *, ended_before: datetime) -> None:
        """By the index of ends."""
        have_ended = tokens.c.kind == kind, tokens.c.expires_at_ms < to_ms(ended_before)
        self._connection.execute(delete(tokens).where(*have_ended))

    def note_use(self, token_id: int, *, at: datetime) -> None:
        """By primary key; it gives no right and takes none."""
        self._connection.execute(update(tokens).where(_THIS).values(last_used_at_ms=to_ms(at)), {"of_id": token_id})

    def _revoke(self, *those: ColumnElement[bool], at: datetime) -> None:
        """What is remembered of rights has to be forgotten; one that is revoked already stays as it is."""
        count_up(self._connection)
        revoked = update(tokens).where(*those, tokens.c.revoked_at_ms.is_(None)).values(revoked_at_ms=to_ms(at))
        self._connection.execute(revoked)


def _token_of(row: Row[*tuple[Any, ...]]) -> Token:
    draft = TokenDraft(
        name=row.name,
        scopes=frozenset(map(Scope, json.loads(row.scopes))),
        models=tuple(json.loads(row.models)),
        expires_at=None if row.expires_at_ms is None else from_ms(row.expires_at_ms),
    )
    return Token(
        id=row.id,
        account=row.account,
        draft=draft,
        ending=row.ending,
        created_at=from_ms(row.created_at_ms),
        created_by=row.created_by,
        last_used_at=None if row.last_used_at_ms is None else from_ms(row.last_used_at_ms),
        revoked_at=None if row.revoked_at_ms is None else from_ms(row.revoked_at_ms),
        kind=TokenKind(row.kind),
    )

"""Who calls, and what they may do, by what they sent."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from modelyard.application.ports.database import Transaction
from modelyard.domain.access.standing import Standing
from modelyard.domain.access.token import TokenKind

NOTED_EACH = timedelta(minutes=5)
"""How exactly the last use of a token is remembered: to write it down with each request would make reads writes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """A standing by a token: while the revision of access stays the same and `expires_at` has not come, it holds."""

    standing: Standing
    token_id: int
    is_cookie: bool
    expires_at: datetime | None
    last_used_at: datetime | None
    revision: int

    def is_in_force(self, now: datetime) -> bool:
        """Whether its time has not come."""
        return self.expires_at is None or now < self.expires_at


def admit(tx: Transaction, digest: bytes) -> Admission | None:
    """What the token with this hash gives; None where it gives nothing, for whatever reason."""
    revision = tx.accounts.revision()
    found = tx.tokens.by_hash(digest)
    if found is None:
        return None
    token, account_id = found
    if token.revoked_at is not None or (token.draft.expires_at is not None and token.draft.expires_at <= tx.now):
        return None
    account = tx.accounts.get(token.account)
    if not account.is_active:
        return None
    standing = Standing(
        principal=account.principal,
        grants=tx.grants.of_account(account_id),
        scopes=token.draft.scopes,
        models=token.draft.models,
        lives_until=None if token.kind.is_cookie else token.draft.expires_at,
        makes_tokens=token.kind is not TokenKind.EXCHANGED,
    )
    return Admission(
        standing=standing,
        token_id=token.id,
        is_cookie=token.kind.is_cookie,
        expires_at=token.draft.expires_at,
        last_used_at=token.last_used_at,
        revision=revision,
    )


def note_use(tx: Transaction, token_id: int) -> None:
    """Remember that a token was used now, unless that was noted a moment ago."""
    tx.tokens.note_use(token_id, at=tx.now)


def revision_of_access(tx: Transaction) -> int:
    """What stays equal as long as nobody's rights change."""
    return tx.accounts.revision()

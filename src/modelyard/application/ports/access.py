"""Where accounts, groups, grants and tokens are kept."""

from collections.abc import Collection, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from modelyard.domain.access.account import Account, AccountDraft, Group
from modelyard.domain.access.grant import Grant, Subject
from modelyard.domain.access.standing import Visibility
from modelyard.domain.access.token import Secret, Token, TokenDraft, TokenKind
from modelyard.domain.digest import Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredGrant:
    """A grant that is in force."""

    id: int
    grant: Grant
    created_at: datetime
    created_by: str


class Accounts(Protocol):
    """All accounts and groups, within one transaction."""

    def revision(self) -> int:
        """Grows with every change to accounts, members, grants and tokens that are there.

        A new token changes nobody's rights, and neither does its use.
        """

    def hold(self) -> None:
        """No other transaction changes anything of access before this one ends."""

    def add(self, draft: AccountDraft, *, by: str, at: datetime) -> Account:
        """Keep a new one, active and in no group.

        Raises:
            AccountExists: the name is taken.
        """

    def get(self, name: str) -> Account:
        """One of them.

        Raises:
            AccountNotFound: there is none.
        """

    def get_to_change(self, name: str) -> Account:
        """As `get`, and no other transaction changes it before this one ends."""

    def all(self) -> Sequence[Account]:
        """Each of them, by name."""

    def save(self, account: Account, *, by: str, at: datetime) -> Account:
        """Change display name and whether it is active; the revision grows."""

    def of_identity(self, issuer: str, subject: str) -> Account | None:
        """The one that belongs to somebody of an identity provider's; None where none does."""

    def is_linked(self, account: Account) -> bool:
        """Whether it belongs to somebody of an identity provider's."""

    def link(self, account: Account, issuer: str, subject: str) -> None:
        """Let it belong to somebody of an identity provider's."""

    def password_hash(self, account: Account) -> str | None:
        """What is kept of its password; None where it has none."""

    def set_password(self, account: Account, hashed: str | None) -> None:
        """Keep that in place of what was kept."""

    def add_group(self, name: str, description: str, *, by: str, at: datetime) -> Group:
        """Keep a new one, without members.

        Raises:
            GroupExists: the name is taken.
        """

    def group(self, name: str) -> Group:
        """One of them.

        Raises:
            GroupNotFound: there is none.
        """

    def all_groups(self) -> Sequence[Group]:
        """Each of them, by name."""

    def delete_group(self, group: Group) -> None:
        """Delete it with its members' membership, and with what is granted to it."""

    def join(self, group: Group, account: Account, *, is_claimed: bool = False) -> bool:
        """Make it a member; whether it was none. What an identity provider claims stays apart from what was given."""

    def claimed_groups(self, account: Account) -> Collection[str]:
        """The groups that it is in because an identity provider says so."""

    def leave(self, group: Group, account: Account) -> bool:
        """Make it no member; whether it was one."""


class Senders(Protocol):
    """Who has sent which bytes, within one transaction. To know a digest is no right to what it names."""

    def note(self, digests: Collection[Digest], account: str) -> None:
        """Remember that an account has sent these."""

    def referable(self, digests: Collection[Digest], account: str, visible: Visibility) -> Set[Digest]:
        """Those that are stored and that the account has sent, or may read in a version that holds them."""


class Grants(Protocol):
    """Who has which role where, within one transaction."""

    def add(self, grant: Grant, *, by: str, at: datetime) -> StoredGrant:
        """Keep one; where the same one is there, that one.

        Raises:
            AccountNotFound, GroupNotFound: its subject is not there.
        """

    def get(self, grant_id: int) -> StoredGrant:
        """One of them.

        Raises:
            GrantNotFound: there is none.
        """

    def all(self, subject: Subject | None = None) -> Sequence[StoredGrant]:
        """Each of them, or those of one subject, in the order in which they were made."""

    def of_account(self, account_id: int) -> Sequence[Grant]:
        """What holds for an account: its own, and those of its groups."""

    def delete(self, grant_id: int) -> None:
        """Take it away."""


class Tokens(Protocol):
    """The tokens of all accounts, within one transaction."""

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
        """Keep a new one, by the hash of its secret; one that was exchanged, with the rule that gives it."""

    def by_hash(self, digest: bytes) -> tuple[Token, int] | None:
        """The token of a secret, with the key of its account; whether it is in force is not looked at."""

    def get(self, token_id: int) -> Token:
        """One of them.

        Raises:
            TokenNotFound: there is none.
        """

    def of_accounts(self, names: Collection[str] | None) -> Sequence[Token]:
        """Those of these accounts, or all, the newest first."""

    def revoke(self, token_id: int, *, at: datetime) -> None:
        """Let it be good for nothing from now on; one that is revoked stays as it is."""

    def revoke_all(self, account_id: int, kind: TokenKind, *, at: datetime) -> None:
        """Let all of an account's that are of a kind be good for nothing from now on."""

    def revoke_exchanged(self, account_id: int, workload_identity_id: int, *, at: datetime) -> None:
        """Let those that a rule has given to workloads of an account be good for nothing from now on."""

    def forget(self, kind: TokenKind, *, ended_before: datetime) -> None:
        """Delete those of a kind that had expired by then."""

    def note_use(self, token_id: int, *, at: datetime) -> None:
        """Remember when it was used last."""

"""What the pages of access show."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from modelyard.application.ports.access import StoredGrant
from modelyard.domain.access.account import Account, AccountKind, Group
from modelyard.domain.access.grant import Subject, SubjectKind
from modelyard.domain.access.role import Role
from modelyard.domain.access.token import Scope, Token
from modelyard.presentation.web.formats import MomentView, count_text, moment

ROLES = tuple(
    (role.value, told)
    for role, told in zip(
        Role,
        (
            "sees models and fetches their files",
            "registers, describes and measures",
            "also moves stages up to staging and aliases that are not protected, sets policies",
            "approves, brings into production, and moves any alias",
            "everything",
        ),
        strict=True,
    )
)
SCOPES = tuple(
    (scope.value, told)
    for scope, told in zip(
        Scope,
        (
            "see and fetch",
            "register, describe and measure",
            "move stages and aliases, set policies, approve",
            "all that its owner may do",
        ),
        strict=True,
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountLine:
    """An account in the list."""

    name: str
    href: str
    display_name: str
    is_service: bool
    is_active: bool
    groups: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupLine:
    """A group in the list."""

    name: str
    href: str
    description: str
    members: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantLine:
    """A role that somebody has in models."""

    subject: str
    subject_href: str
    role: str
    models: str
    made: MomentView
    made_by: str
    revoke_action: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenLine:
    """A token; an empty action where nothing is left to revoke."""

    name: str
    account: str
    account_href: str
    ending: str
    scopes: tuple[str, ...]
    models: str
    state: str
    is_in_force: bool
    used: MomentView | None
    made: MomentView
    revoke_action: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleView:
    """All accounts and groups."""

    accounts: tuple[AccountLine, ...]
    groups: tuple[GroupLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountView:
    """One account, and all that is its own."""

    name: str
    href: str
    display_name: str
    is_service: bool
    is_active: bool
    tag: str
    made: MomentView
    made_by: str
    groups: tuple[tuple[str, str], ...]
    other_groups: tuple[str, ...]
    subject: str
    grants: tuple[GrantLine, ...]
    tokens: tuple[TokenLine, ...]
    roles: tuple[tuple[str, str], ...] = ROLES
    scopes: tuple[tuple[str, str], ...] = SCOPES


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupView:
    """One group, with its members and roles."""

    name: str
    href: str
    description: str
    tag: str
    members: tuple[tuple[str, str], ...]
    others: tuple[str, ...]
    subject: str
    grants: tuple[GrantLine, ...]
    roles: tuple[tuple[str, str], ...] = ROLES


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantsView:
    """All grants."""

    grants: tuple[GrantLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TokensView:
    """Tokens: all of them, or one's own, which are made here too."""

    tokens: tuple[TokenLine, ...]
    is_own: bool
    scopes: tuple[tuple[str, str], ...] = SCOPES


def people_view(accounts: Sequence[Account], groups: Sequence[Group]) -> PeopleView:
    """The list of both."""
    return PeopleView(
        accounts=tuple(
            AccountLine(
                name=account.name,
                href=account_link(account.name),
                display_name=account.display_name,
                is_service=account.kind is AccountKind.SERVICE,
                is_active=account.is_active,
                groups=tuple((name, group_link(name)) for name in account.groups),
            )
            for account in accounts
        ),
        groups=tuple(
            GroupLine(
                name=group.name,
                href=group_link(group.name),
                description=group.description,
                members=count_text(len(group.members), "member"),
            )
            for group in groups
        ),
    )


def account_view(
    account: Account, groups: Sequence[Group], grants: Sequence[StoredGrant], tokens: Sequence[Token], now: datetime
) -> AccountView:
    """The page of an account."""
    return AccountView(
        name=account.name,
        href=account_link(account.name),
        display_name=account.display_name,
        is_service=account.kind is AccountKind.SERVICE,
        is_active=account.is_active,
        tag=account.tag,
        made=moment(account.created_at, now),
        made_by=account.created_by,
        groups=tuple((name, group_link(name)) for name in account.groups),
        other_groups=tuple(group.name for group in groups if group.name not in account.groups),
        subject=str(Subject(kind=SubjectKind.ACCOUNT, name=account.name)),
        grants=tuple(grant_line(grant, now) for grant in grants),
        tokens=tuple(token_line(token, now) for token in tokens),
    )


def group_view(group: Group, accounts: Sequence[Account], grants: Sequence[StoredGrant], now: datetime) -> GroupView:
    """The page of a group."""
    return GroupView(
        name=group.name,
        href=group_link(group.name),
        description=group.description,
        tag=group.tag,
        members=tuple((name, account_link(name)) for name in group.members),
        others=tuple(account.name for account in accounts if account.name not in group.members),
        subject=str(Subject(kind=SubjectKind.GROUP, name=group.name)),
        grants=tuple(grant_line(grant, now) for grant in grants),
    )


def grant_line(stored: StoredGrant, now: datetime) -> GrantLine:
    """A grant in a list."""
    subject = stored.grant.subject
    is_account = subject.kind is SubjectKind.ACCOUNT
    return GrantLine(
        subject=str(subject),
        subject_href=account_link(subject.name) if is_account else group_link(subject.name),
        role=stored.grant.role.value,
        models=stored.grant.models,
        made=moment(stored.created_at, now),
        made_by=stored.created_by,
        revoke_action=f"/admin/grants/{stored.id}/revoke",
    )


def token_line(token: Token, now: datetime) -> TokenLine:
    """A token in a list."""
    state, is_in_force = _state(token, now)
    return TokenLine(
        name=token.draft.name,
        account=token.account,
        account_href=account_link(token.account),
        ending=token.ending,
        scopes=tuple(scope.value for scope in Scope if scope in token.draft.scopes),
        models=", ".join(token.draft.models),
        state=state,
        is_in_force=is_in_force,
        used=moment(token.last_used_at, now) if token.last_used_at else None,
        made=moment(token.created_at, now),
        revoke_action=f"/tokens/{token.id}/revoke" if token.revoked_at is None else "",
    )


def account_link(name: str) -> str:
    """An account's page."""
    return f"/admin/accounts/{quote(name, safe='')}"


def group_link(name: str) -> str:
    """A group's page."""
    return f"/admin/groups/{quote(name, safe='')}"


def _state(token: Token, now: datetime) -> tuple[str, bool]:
    expires = token.draft.expires_at
    if token.revoked_at is not None:
        return f"revoked {moment(token.revoked_at, now).text}", False
    if expires is None:
        return "until revoked", True
    if expires <= now:
        return f"expired {moment(expires, now).text}", False
    return f"until {expires.day} {expires:%b %Y}", True

"""Accounts, groups and grants, as administrators make and change them. Every change leaves an event."""

from collections.abc import Iterator, Sequence, Set
from contextlib import contextmanager
from dataclasses import replace

from modelyard.application.ports.access import StoredGrant
from modelyard.application.ports.database import Transaction
from modelyard.application.services.journal import record_of_registry
from modelyard.application.services.precondition import Expected, require_tag
from modelyard.domain.access.account import Account, AccountDraft, Group, check_display_name
from modelyard.domain.access.grant import Grant, Subject
from modelyard.domain.access.role import Role
from modelyard.domain.access.standing import EVERYTHING
from modelyard.domain.access_errors import LastAdministrator
from modelyard.domain.event import Action
from modelyard.domain.names import check_key
from modelyard.domain.principal import Principal


def create_account(tx: Transaction, principal: Principal, draft: AccountDraft) -> Account:
    """Make an account. It may do nothing until something is granted to it.

    Raises:
        AccountExists: the name is taken.
    """
    account = tx.accounts.add(draft, by=principal.name, at=tx.now)
    record_of_registry(tx, principal, Action.ACCOUNT_CREATED, after={"name": account.name, "kind": account.kind.value})
    return account


def list_accounts(tx: Transaction) -> Sequence[Account]:
    """All of them, by name."""
    return tx.accounts.all()


def read_account(tx: Transaction, name: str) -> Account:
    """One of them.

    Raises:
        AccountNotFound: there is none.
    """
    return tx.accounts.get(name)


def update_account(
    tx: Transaction,
    principal: Principal,
    name: str,
    expected: Expected,
    *,
    display_name: str | None = None,
    is_active: bool | None = None,
) -> Account:
    """Change what an account is called on pages, or whether it is active: one that is not can do nothing, at once.

    Raises:
        AccountNotFound: there is none.
        PreconditionFailed: its tag is none of the expected.
        LastAdministrator: nobody could give rights any more.
    """
    account = tx.accounts.get_to_change(name)
    require_tag(account.tag, expected)
    changed = replace(
        account,
        display_name=account.display_name if display_name is None else check_display_name(display_name),
        is_active=account.is_active if is_active is None else is_active,
    )
    if changed == account:
        return account
    with _keeping_an_administrator(tx):
        saved = tx.accounts.save(changed, by=principal.name, at=tx.now)
    record_of_registry(tx, principal, Action.ACCOUNT_UPDATED, before=_told(account), after=_told(saved))
    return saved


def create_group(tx: Transaction, principal: Principal, name: str, description: str) -> Group:
    """Make a group without members.

    Raises:
        GroupExists: the name is taken.
    """
    group = tx.accounts.add_group(check_key(name, "/name", "/:*"), description, by=principal.name, at=tx.now)
    record_of_registry(tx, principal, Action.GROUP_CREATED, after={"name": group.name})
    return group


def list_groups(tx: Transaction) -> Sequence[Group]:
    """All of them, by name."""
    return tx.accounts.all_groups()


def read_group(tx: Transaction, name: str) -> Group:
    """One of them.

    Raises:
        GroupNotFound: there is none.
    """
    return tx.accounts.group(name)


def delete_group(tx: Transaction, principal: Principal, name: str, expected: Expected) -> None:
    """Delete a group, with what is granted to it.

    Raises:
        GroupNotFound: there is none.
        PreconditionFailed: its tag is none of the expected.
        LastAdministrator: nobody could give rights any more.
    """
    group = tx.accounts.group(name)
    require_tag(group.tag, expected)
    with _keeping_an_administrator(tx):
        tx.accounts.delete_group(group)
    before = {"name": group.name, "members": list(group.members)}
    record_of_registry(tx, principal, Action.GROUP_DELETED, before=before)


def join_group(tx: Transaction, principal: Principal, name: str, member: str) -> Group:
    """Make an account a member; one that is a member stays one.

    Raises:
        GroupNotFound, AccountNotFound: there is none.
    """
    group = tx.accounts.group(name)
    if not tx.accounts.join(group, tx.accounts.get(member)):
        return group
    return _regrouped(tx, principal, group)


def leave_group(tx: Transaction, principal: Principal, name: str, member: str) -> Group:
    """Make an account no member; one that is none stays none.

    Raises:
        GroupNotFound, AccountNotFound: there is none.
        LastAdministrator: nobody could give rights any more.
    """
    group = tx.accounts.group(name)
    with _keeping_an_administrator(tx):
        was_member = tx.accounts.leave(group, tx.accounts.get(member))
    if not was_member:
        return group
    return _regrouped(tx, principal, group)


def follow_claimed_groups(tx: Transaction, principal: Principal, account: Account, claimed: Set[str]) -> None:
    """Let an account be in the groups that an identity provider claims, where they are there, and in no others.

    What was given by somebody here stays.
    """
    there = {group.name: group for group in tx.accounts.all_groups()}
    before = set(tx.accounts.claimed_groups(account))
    for name in sorted(claimed & there.keys()):
        if account.name not in there[name].members and tx.accounts.join(there[name], account, is_claimed=True):
            _regrouped(tx, principal, there[name])
    for name in sorted(before - claimed):
        if tx.accounts.leave(there[name], account):
            _regrouped(tx, principal, there[name])


def grant_role(tx: Transaction, principal: Principal, grant: Grant) -> StoredGrant:
    """Give an account or a group a role in models. Giving what is given changes nothing.

    Raises:
        AccountNotFound, GroupNotFound: the subject is not there.
    """
    before = {stored.id for stored in tx.grants.all(grant.subject)}
    stored = tx.grants.add(grant, by=principal.name, at=tx.now)
    if stored.id not in before:
        record_of_registry(tx, principal, Action.ROLE_GRANTED, after=_told_of_grant(grant))
    return stored


def revoke_role(tx: Transaction, principal: Principal, grant_id: int) -> None:
    """Take a role away; it holds for no request that begins after this is acknowledged.

    Raises:
        GrantNotFound: there is none.
        LastAdministrator: nobody could give rights any more.
    """
    stored = tx.grants.get(grant_id)
    with _keeping_an_administrator(tx):
        tx.grants.delete(grant_id)
    record_of_registry(tx, principal, Action.ROLE_REVOKED, before=_told_of_grant(stored.grant))


def list_grants(tx: Transaction, subject: Subject | None) -> Sequence[StoredGrant]:
    """All, or those of one account or group.

    Raises:
        AccountNotFound, GroupNotFound: the subject is not there.
    """
    return tx.grants.all(subject)


def has_administrator(tx: Transaction) -> bool:
    """Whether somebody who is active may give rights."""
    subjects = {
        stored.grant.subject
        for stored in tx.grants.all()
        if stored.grant.role is Role.ADMIN and stored.grant.models == EVERYTHING
    }
    names = {subject.name for subject in subjects}
    return any(
        account.is_active and (account.name in names or names.intersection(account.groups))
        for account in tx.accounts.all()
    )


@contextmanager
def _keeping_an_administrator(tx: Transaction) -> Iterator[None]:
    """Refuse what takes the last one away; a registry that asks nobody who they are may have none."""
    tx.accounts.hold()
    had_one = has_administrator(tx)
    yield
    if had_one and not has_administrator(tx):
        raise LastAdministrator("without this nobody could give rights any more")


def _regrouped(tx: Transaction, principal: Principal, before: Group) -> Group:
    group = tx.accounts.group(before.name)
    told = [{"name": one.name, "members": list(one.members)} for one in (before, group)]
    record_of_registry(tx, principal, Action.GROUP_UPDATED, before=told[0], after=told[1])
    return group


def _told(account: Account) -> dict[str, str | bool]:
    return {"name": account.name, "display_name": account.display_name, "active": account.is_active}


def _told_of_grant(grant: Grant) -> dict[str, str]:
    return {"subject": str(grant.subject), "models": grant.models, "role": grant.role.value}

"""The pages of accounts, groups and grants, for administrators."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

from fastapi import Path, Request, Response

from modelyard.application.ports.access import StoredGrant
from modelyard.application.ports.database import Transaction
from modelyard.application.services import administering
from modelyard.domain.access.account import Account, Group
from modelyard.domain.access.grant import Subject, SubjectKind
from modelyard.domain.access.token import Token
from modelyard.domain.errors import InvalidInput
from modelyard.domain.permission import Permission
from modelyard.presentation.api.accounts.schemas import AccountCreate
from modelyard.presentation.api.addresses import AccountPath, GrantPath, GroupPath
from modelyard.presentation.api.grants.schemas import GrantCreate
from modelyard.presentation.api.groups.schemas import GroupCreate
from modelyard.presentation.http.context import admissions_of, context_of
from modelyard.presentation.http.validation import validated
from modelyard.presentation.web.caller import actor_of
from modelyard.presentation.web.forms import local_target, read_form
from modelyard.presentation.web.page import page, page_router
from modelyard.presentation.web.pages.admin.outcome import led_back, refused_back
from modelyard.presentation.web.pages.admin.view import (
    GrantsView,
    account_link,
    account_view,
    grant_line,
    group_link,
    group_view,
    people_view,
)
from modelyard.presentation.web.rendering import show

router = page_router()

_ADMINS = page(Permission.ACCESS_EDIT)
PEOPLE = "/admin"
GRANTS = "/admin/grants"


@router.get(PEOPLE, **_ADMINS)
async def show_people(request: Request) -> Response:
    """All accounts and groups; where the registry asks nobody who they are, what that means."""
    if admissions_of(request) is None:
        return await show(request, "admin_open.html", None)
    accounts, groups = await context_of(request).database.scan(
        lambda tx: (administering.list_accounts(tx), administering.list_groups(tx))
    )
    return await show(request, "admin.html", people_view(accounts, groups))


@router.post("/admin/accounts", **_ADMINS)
async def add_account(request: Request) -> Response:
    """Make an account."""
    fields = await read_form(request)
    document = {name: fields.get(name, "").strip() for name in ("name", "kind", "display_name")}
    try:
        draft = validated(AccountCreate, {**document}).draft()
    except InvalidInput as error:
        return refused_back(request, PEOPLE, error)
    told = f"The account {draft.name} is made. It may do nothing until a role is granted to it, or to a group of it."
    change = context_of(request).database.write(administering.create_account, actor_of(request), draft)
    return await led_back(request, account_link(draft.name) if draft.name else PEOPLE, told, change)


@router.get("/admin/accounts/{account}", **_ADMINS)
async def show_account(request: Request, account: AccountPath) -> Response:
    """An account with its groups, roles and tokens."""
    view = account_view(*await context_of(request).database.scan(_account, account))
    return await show(request, "admin_account.html", view)


@router.post("/admin/accounts/{account}", **_ADMINS)
async def change_account(request: Request, account: AccountPath) -> Response:
    """Change what it is called on pages, and whether it is active."""
    fields = await read_form(request)
    change = context_of(request).database.write(
        administering.update_account,
        actor_of(request),
        account,
        frozenset({fields.get("tag", "")}),
        display_name=fields.get("display_name", "").strip(),
        is_active="active" in fields,
    )
    return await led_back(request, account_link(account), f"The account {account} is changed.", change)


@router.post("/admin/groups", **_ADMINS)
async def add_group(request: Request) -> Response:
    """Make a group."""
    fields = await read_form(request)
    document = {name: fields.get(name, "").strip() for name in ("name", "description")}
    try:
        wanted = validated(GroupCreate, {**document})
    except InvalidInput as error:
        return refused_back(request, PEOPLE, error)
    change = context_of(request).database.write(
        administering.create_group, actor_of(request), wanted.name, wanted.description
    )
    return await led_back(request, PEOPLE, f"The group {wanted.name} is made.", change)


@router.get("/admin/groups/{group}", **_ADMINS)
async def show_group(request: Request, group: GroupPath) -> Response:
    """A group with its members and roles."""
    return await show(request, "admin_group.html", group_view(*await context_of(request).database.scan(_group, group)))


@router.post("/admin/groups/{group}/delete", **_ADMINS)
async def remove_group(request: Request, group: GroupPath) -> Response:
    """Delete a group, with what is granted to it."""
    fields = await read_form(request)
    expected = frozenset({fields.get("tag", "")})
    change = context_of(request).database.write(administering.delete_group, actor_of(request), group, expected)
    return await led_back(request, PEOPLE, f"The group {group} is deleted, with its roles.", change)


@router.post("/admin/groups/{group}/members", **_ADMINS)
async def add_member(request: Request, group: GroupPath) -> Response:
    """Let an account be a member."""
    fields = await read_form(request)
    account, target = fields.get("account", ""), local_target(fields.get("return_to", group_link(group)))
    change = context_of(request).database.write(administering.join_group, actor_of(request), group, account)
    return await led_back(request, target, f"{account} is a member of {group}.", change)


@router.post("/admin/groups/{group}/members/{account}/remove", **_ADMINS)
async def remove_member(request: Request, group: GroupPath, account: AccountPath) -> Response:
    """Let an account be no member."""
    fields = await read_form(request)
    target = local_target(fields.get("return_to", group_link(group)))
    change = context_of(request).database.write(administering.leave_group, actor_of(request), group, account)
    return await led_back(request, target, f"{account} is no member of {group} any more.", change)


@router.get(GRANTS, **_ADMINS)
async def show_grants(request: Request) -> Response:
    """All roles that are granted."""
    grants, now = await context_of(request).database.scan(lambda tx: (administering.list_grants(tx, None), tx.now))
    view = GrantsView(grants=tuple(grant_line(grant, now) for grant in grants))
    return await show(request, "admin_grants.html", view)


@router.post(GRANTS, **_ADMINS)
async def add_grant(request: Request) -> Response:
    """Give somebody a role."""
    fields = await read_form(request)
    target = local_target(fields.get("return_to", GRANTS))
    document = {name: fields.get(name, "").strip() for name in ("subject", "models", "role")}
    try:
        grant = validated(GrantCreate, {**document}).grant()
    except InvalidInput as error:
        return refused_back(request, target, error)
    change = context_of(request).database.write(administering.grant_role, actor_of(request), grant)
    return await led_back(request, target, f"{grant.subject} is {grant.role} on {grant.models}.", change)


@router.post("/admin/grants/{grant_id}/revoke", **_ADMINS)
async def remove_grant(request: Request, grant_id: Annotated[GrantPath, Path()]) -> Response:
    """Take a role away."""
    fields = await read_form(request)
    change = context_of(request).database.write(administering.revoke_role, actor_of(request), grant_id)
    return await led_back(request, local_target(fields.get("return_to", GRANTS)), "The role is taken away.", change)


def _account(
    tx: Transaction, name: str
) -> tuple[Account, Sequence[Group], Sequence[StoredGrant], Sequence[Token], datetime]:
    account = administering.read_account(tx, name)
    grants = administering.list_grants(tx, Subject(kind=SubjectKind.ACCOUNT, name=name))
    return account, administering.list_groups(tx), grants, tx.tokens.of_accounts([name]), tx.now


def _group(tx: Transaction, name: str) -> tuple[Group, Sequence[Account], Sequence[StoredGrant], datetime]:
    group = administering.read_group(tx, name)
    grants = administering.list_grants(tx, Subject(kind=SubjectKind.GROUP, name=name))
    return group, administering.list_accounts(tx), grants, tx.now

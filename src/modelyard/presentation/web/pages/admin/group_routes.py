"""The pages of groups and their members, for administrators."""

from collections.abc import Sequence
from datetime import datetime

from fastapi import Request, Response

from modelyard.application.ports.access import StoredGrant
from modelyard.application.ports.database import Transaction
from modelyard.application.services import administering
from modelyard.domain.access.account import Account, Group
from modelyard.domain.access.grant import Subject, SubjectKind
from modelyard.domain.errors import InvalidInput
from modelyard.domain.permission import Permission
from modelyard.presentation.api.addresses import AccountPath, GroupPath
from modelyard.presentation.api.groups.schemas import GroupCreate
from modelyard.presentation.http.context import context_of
from modelyard.presentation.http.form_body import read_form
from modelyard.presentation.http.validation import validated
from modelyard.presentation.web.caller import actor_of
from modelyard.presentation.web.forms import local_target
from modelyard.presentation.web.page import page, page_router
from modelyard.presentation.web.pages.admin.account_routes import PEOPLE
from modelyard.presentation.web.pages.admin.outcome import led_back, refused_back
from modelyard.presentation.web.pages.admin.view import group_link, group_view
from modelyard.presentation.web.rendering import show

router = page_router()

_ADMINS = page(Permission.ACCESS_EDIT)


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


def _group(tx: Transaction, name: str) -> tuple[Group, Sequence[Account], Sequence[StoredGrant], datetime]:
    group = administering.read_group(tx, name)
    grants = administering.list_grants(tx, Subject(kind=SubjectKind.GROUP, name=name))
    return group, administering.list_accounts(tx), grants, tx.now

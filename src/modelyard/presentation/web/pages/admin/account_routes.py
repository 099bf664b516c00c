"""The pages of accounts, for administrators; the first of them shows all groups too."""

from collections.abc import Sequence
from datetime import datetime

from fastapi import Request, Response

from modelyard.application.ports.access import StoredGrant
from modelyard.application.ports.database import Transaction
from modelyard.application.services import administering
from modelyard.domain.access.account import Account, Group
from modelyard.domain.access.grant import Subject, SubjectKind
from modelyard.domain.access.token import Token
from modelyard.domain.errors import InvalidInput
from modelyard.domain.permission import Permission
from modelyard.presentation.api.accounts.schemas import AccountCreate
from modelyard.presentation.api.addresses import AccountPath
from modelyard.presentation.http.context import admissions_of, context_of
from modelyard.presentation.http.form_body import read_form
from modelyard.presentation.http.validation import validated
from modelyard.presentation.web.caller import actor_of
from modelyard.presentation.web.page import page, page_router
from modelyard.presentation.web.pages.admin.outcome import led_back, refused_back
from modelyard.presentation.web.pages.admin.view import account_link, account_view, people_view
from modelyard.presentation.web.rendering import show

router = page_router()

_ADMINS = page(Permission.ACCESS_EDIT)
PEOPLE = "/admin"


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


def _account(
    tx: Transaction, name: str
) -> tuple[Account, Sequence[Group], Sequence[StoredGrant], Sequence[Token], datetime]:
    account = administering.read_account(tx, name)
    grants = administering.list_grants(tx, Subject(kind=SubjectKind.ACCOUNT, name=name))
    return account, administering.list_groups(tx), grants, tx.tokens.of_accounts([name]), tx.now

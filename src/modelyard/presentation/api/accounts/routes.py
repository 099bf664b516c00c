"""The routes of accounts."""

from fastapi import Request, Response

from modelyard.application.services import administering
from modelyard.domain.access_errors import AccountExists, AccountNotFound, LastAdministrator
from modelyard.domain.permission import Permission
from modelyard.presentation.api.accounts.schemas import AccountCreate, AccountList, AccountRead, AccountUpdate, Me
from modelyard.presentation.api.addresses import AccountPath
from modelyard.presentation.http import documentation as docs
from modelyard.presentation.http.access import acting, standing_of
from modelyard.presentation.http.answers import (
    address,
    json_answer,
    json_body,
    response_of,
    tagged_response,
    write_once,
)
from modelyard.presentation.http.conditions import etag, expected_tags
from modelyard.presentation.http.context import context_of, principal_of
from modelyard.presentation.http.routing import registry_router

router = registry_router("accounts")


@router.get("/me", response_model=Me, **docs.documented(Permission.IDENTITY_READ, errors=docs.READS))
async def read_me(request: Request) -> Me:
    """Say who calls, and what they may do."""
    return Me.of(acting(request), is_authenticated=standing_of(request) is not None)


@router.post(
    "/accounts",
    status_code=201,
    response_model=AccountRead,
    **docs.documented(
        Permission.ACCESS_EDIT,
        errors=(*docs.TAKES_JSON, *docs.ONCE, AccountExists),
        answers={201: {"headers": docs.ETAG | docs.LOCATION | docs.REPLAYED}},
        parameters=[docs.ACTOR, docs.IDEMPOTENCY_KEY],
    ),
)
async def create_account(request: Request, wanted: AccountCreate) -> Response:
    """Make an account. It may do nothing until something is granted to it."""
    return await write_once(
        request,
        await request.body(),
        lambda account: json_answer(
            AccountRead.of(account), 201, {"ETag": etag(account.tag), "Location": address("accounts", account.name)}
        ),
        administering.create_account,
        principal_of(request),
        wanted.draft(),
    )


@router.get("/accounts", response_model=AccountList, **docs.documented(Permission.ACCESS_EDIT, errors=docs.READS))
async def list_accounts(request: Request) -> AccountList:
    """List all accounts, by name."""
    found = await context_of(request).database.scan(administering.list_accounts)
    return AccountList(items=[AccountRead.of(account) for account in found])


@router.get(
    "/accounts/{account}",
    response_model=AccountRead,
    **docs.documented(
        Permission.ACCESS_EDIT,
        errors=(*docs.READS, AccountNotFound),
        answers={200: {"headers": docs.ETAG}, **docs.NOT_MODIFIED},
        parameters=[docs.IF_NONE_MATCH],
    ),
)
async def read_account(request: Request, account: AccountPath) -> Response:
    """Read an account."""
    found = await context_of(request).database.read(administering.read_account, account)
    return tagged_response(request, found.tag, lambda: json_body(AccountRead.of(found)))


@router.patch(
    "/accounts/{account}",
    response_model=AccountRead,
    **docs.documented(
        Permission.ACCESS_EDIT,
        errors=(*docs.TAKES_JSON, *docs.CONDITIONAL, AccountNotFound, LastAdministrator),
        answers={200: {"headers": docs.ETAG}},
        parameters=[docs.ACTOR, docs.IF_MATCH],
    ),
)
async def update_account(request: Request, account: AccountPath, change: AccountUpdate) -> Response:
    """Change what an account is called on pages, or whether it is active. Accounts are never deleted."""
    saved = await context_of(request).database.write(
        administering.update_account,
        principal_of(request),
        account,
        expected_tags(request),
        display_name=change.display_name,
        is_active=change.active,
    )
    return response_of(json_answer(AccountRead.of(saved), 200, {"ETag": etag(saved.tag)}))

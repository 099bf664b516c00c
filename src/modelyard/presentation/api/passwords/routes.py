"""The routes of passwords."""

from fastapi import Request, Response

from modelyard.domain.access_errors import AccountNotFound, SignInFailed
from modelyard.domain.permission import Permission
from modelyard.presentation.api.addresses import AccountPath
from modelyard.presentation.api.passwords.schemas import PasswordChange, PasswordSet
from modelyard.presentation.http import documentation as docs
from modelyard.presentation.http.access import acting
from modelyard.presentation.http.context import context_of
from modelyard.presentation.http.rates import address_of
from modelyard.presentation.http.routing import registry_router

router = registry_router("accounts")


@router.put(
    "/me/password",
    status_code=204,
    response_model=None,
    **docs.documented(Permission.ACCESS_OWN, errors=(*docs.TAKES_JSON, AccountNotFound, SignInFailed)),
)
async def change_password(request: Request, change: PasswordChange) -> Response:
    """Change one's own password. All sessions of browsers end, this one too; tokens stay.

    It takes a session, or a token of scope `admin` for all models that does not end: others would make themselves more.
    """
    await context_of(request).passwords.change(
        acting(request), None, change.password, change.current, address_of(request.scope)
    )
    return Response(status_code=204)


@router.put(
    "/accounts/{account}/password",
    status_code=204,
    response_model=None,
    **docs.documented(Permission.ACCESS_EDIT, errors=(*docs.TAKES_JSON, AccountNotFound, SignInFailed)),
)
async def set_password(request: Request, account: AccountPath, wanted: PasswordSet) -> Response:
    """Give a person a password. All sessions of theirs end."""
    await context_of(request).passwords.change(
        acting(request), account, wanted.password, None, address_of(request.scope)
    )
    return Response(status_code=204)


@router.delete(
    "/accounts/{account}/password",
    status_code=204,
    response_model=None,
    **docs.documented(Permission.ACCESS_EDIT, errors=(*docs.WRITES, AccountNotFound)),
)
async def remove_password(request: Request, account: AccountPath) -> Response:
    """Let an account have no password any more. All sessions of theirs end."""
    await context_of(request).passwords.remove(acting(request), account)
    return Response(status_code=204)

"""The routes of tokens."""

from fastapi import Query, Request, Response

from modelyard.application.services import issuing
from modelyard.domain.access.token import Secret, Token
from modelyard.domain.access_errors import AccountNotFound, TokenNotFound
from modelyard.domain.names import MAX_KEY
from modelyard.domain.permission import Permission
from modelyard.presentation.api.addresses import TokenPath
from modelyard.presentation.api.tokens.schemas import TokenCreate, TokenCreated, TokenList, TokenRead
from modelyard.presentation.http import documentation as docs
from modelyard.presentation.http.access import acting
from modelyard.presentation.http.answers import address, json_answer, response_of
from modelyard.presentation.http.context import context_of
from modelyard.presentation.http.routing import registry_router

router = registry_router("tokens")

_ACCOUNT: str | None = Query(
    default=None, max_length=MAX_KEY, description="Those of another account; `*` for all", examples=["ana"]
)


@router.post(
    "/tokens",
    status_code=201,
    response_model=TokenCreated,
    **docs.documented(
        Permission.ACCESS_OWN,
        errors=(*docs.TAKES_JSON, AccountNotFound),
        answers={201: {"headers": docs.LOCATION}},
        parameters=[docs.ACTOR],
    ),
)
async def create_token(request: Request, wanted: TokenCreate) -> Response:
    """Make a token, never one that lets through more than the one that asks. The answer alone holds the secret.

    No answer is kept for an `Idempotency-Key`, since it would hold the secret.
    """
    made = await context_of(request).database.write(
        issuing.issue_token, acting(request), wanted.draft(), wanted.account
    )
    return _shown_once(*made)


@router.get(
    "/tokens",
    response_model=TokenList,
    **docs.documented(Permission.ACCESS_OWN, errors=docs.READS),
)
async def list_tokens(request: Request, account: str | None = _ACCOUNT) -> TokenList:
    """List one's own tokens, or with the right to change access those of others; also those that are revoked."""
    is_of_all = account == "*"
    found = await context_of(request).database.scan(issuing.list_tokens, acting(request), account, is_of_all=is_of_all)
    return TokenList(items=[TokenRead.of(token) for token in found])


@router.delete(
    "/tokens/{token_id}",
    status_code=204,
    response_model=None,
    **docs.documented(Permission.ACCESS_OWN, errors=(*docs.WRITES, TokenNotFound), parameters=[docs.ACTOR]),
)
async def revoke_token(request: Request, token_id: TokenPath) -> Response:
    """Revoke a token: it is good for no request that begins after the answer."""
    await context_of(request).database.write(issuing.revoke_token, acting(request), token_id)
    return Response(status_code=204)


@router.post(
    "/tokens/{token_id}/rotate",
    status_code=201,
    response_model=TokenCreated,
    **docs.documented(
        Permission.ACCESS_OWN,
        errors=(*docs.WRITES, TokenNotFound),
        answers={201: {"headers": docs.LOCATION}},
        parameters=[docs.ACTOR],
    ),
)
async def rotate_token(request: Request, token_id: TokenPath) -> Response:
    """Revoke a token and make one that is like it, in one step."""
    made = await context_of(request).database.write(issuing.rotate_token, acting(request), token_id)
    return _shown_once(*made)


def _shown_once(token: Token, secret: Secret) -> Response:
    headers = {"Location": address("tokens", str(token.id)), "Cache-Control": "no-store"}
    return response_of(json_answer(TokenCreated.made(token, secret), 201, headers))

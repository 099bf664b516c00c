"""The pages of tokens: one's own, and all of them for administrators."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from fastapi import Request, Response

from modelyard.application.services import issuing
from modelyard.domain.errors import RegistryError
from modelyard.domain.event import rfc3339
from modelyard.domain.json_value import JsonObject, JsonValue
from modelyard.domain.permission import Permission
from modelyard.presentation.api.addresses import TokenPath
from modelyard.presentation.api.tokens.schemas import TokenCreate
from modelyard.presentation.http.access import acting
from modelyard.presentation.http.context import admissions_of, context_of
from modelyard.presentation.http.form_body import read_form
from modelyard.presentation.http.validation import validated
from modelyard.presentation.web.forms import local_target, number_in
from modelyard.presentation.web.page import page, page_router
from modelyard.presentation.web.pages.admin.narrowing import models_in, scopes_in
from modelyard.presentation.web.pages.admin.outcome import led_back, refused_back
from modelyard.presentation.web.pages.admin.token_secret import SecretView
from modelyard.presentation.web.pages.admin.view import TokensView, token_line
from modelyard.presentation.web.rendering import show

router = page_router()

OWN = "/tokens"


@router.get(OWN, **page(Permission.ACCESS_OWN))
async def show_own_tokens(request: Request) -> Response:
    """One's own tokens, and the form of a new one."""
    if admissions_of(request) is None:
        return await show(request, "admin_open.html", None)
    return await _show(request, is_of_all=False)


@router.get("/admin/tokens", **page(Permission.ACCESS_EDIT))
async def show_all_tokens(request: Request) -> Response:
    """The tokens of everybody."""
    return await _show(request, is_of_all=True)


@router.post(OWN, **page(Permission.ACCESS_OWN))
async def issue_token(request: Request) -> Response:
    """Make a token, and show its secret; or lead back, and tell why not."""
    fields = await read_form(request)
    target = local_target(fields.get("return_to", OWN))
    try:
        wanted = validated(TokenCreate, _document(fields))
        token, secret = await context_of(request).database.write(
            issuing.issue_token, acting(request), wanted.draft(), fields.get("account") or None
        )
    except RegistryError as error:
        return refused_back(request, target, error)
    view = SecretView(name=token.draft.name, account=token.account, secret=secret.text, target=target)
    response = await show(request, "token_secret.html", view, 201)
    response.headers["Cache-Control"] = "no-store"
    return response


@router.post("/tokens/{token_id}/revoke", **page(Permission.ACCESS_OWN))
async def revoke_token(request: Request, token_id: TokenPath) -> Response:
    """Let a token be good for nothing from now on."""
    fields = await read_form(request)
    change = context_of(request).database.write(issuing.revoke_token, acting(request), token_id)
    return await led_back(request, local_target(fields.get("return_to", OWN)), "The token is revoked.", change)


async def _show(request: Request, *, is_of_all: bool) -> Response:
    standing = acting(request)
    tokens, now = await context_of(request).database.scan(
        lambda tx: (issuing.list_tokens(tx, standing, None, is_of_all=is_of_all), tx.now)
    )
    view = TokensView(tokens=tuple(token_line(token, now) for token in tokens), is_own=not is_of_all)
    return await show(request, "tokens.html", view)


def _document(fields: Mapping[str, str]) -> JsonObject:
    document: dict[str, JsonValue] = {
        "name": fields.get("name", "").strip(),
        "scopes": scopes_in(fields),
        "models": models_in(fields) or ["*"],
    }
    days = number_in(fields.get("days", ""), digits=4)
    if days is not None:
        document["expires_at"] = rfc3339(datetime.now(UTC) + timedelta(days=days))
    return document

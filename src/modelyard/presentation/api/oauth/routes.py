"""The routes of OAuth: for programs that somebody allows in a browser (RFC 8628), and for workloads (RFC 8693)."""

from collections.abc import Mapping
from typing import Final

from fastapi import Request, Response

from modelyard.application.services.device_sign_in import INTERVAL, TTL
from modelyard.domain import token_errors as refusals
from modelyard.domain.access.device import DeviceDraft
from modelyard.domain.access.token import Scope, Secret, Token
from modelyard.domain.access_errors import ProviderUnavailable
from modelyard.domain.errors import NotFound, RequestTimeout, TooLarge, UnsupportedMedia
from modelyard.domain.permission import Permission
from modelyard.presentation.api.oauth.schemas import (
    DEVICE_CODE,
    DEVICE_FORM,
    MAX_TOKEN,
    SUBJECT_TOKEN_TYPES,
    TOKEN_EXCHANGE,
    TOKEN_FORM,
    AccessToken,
    DeviceAuthorization,
)
from modelyard.presentation.http import documentation as docs
from modelyard.presentation.http.access import require_accounts
from modelyard.presentation.http.answers import json_answer, response_of
from modelyard.presentation.http.context import context_of
from modelyard.presentation.http.form_body import read_form
from modelyard.presentation.http.rates import address_of
from modelyard.presentation.http.routing import registry_router

router = registry_router("tokens")

DEVICE_PAGE: Final = "/device"
_TAKES_FORM: docs.Errors = (*docs.WRITES, NotFound, TooLarge, UnsupportedMedia, RequestTimeout)
_USUAL = frozenset({Scope.READ, Scope.WRITE, Scope.PROMOTE})
_NOT_KEPT = {"Cache-Control": "no-store"}


@router.post(
    "/oauth/device_authorization",
    response_model=DeviceAuthorization,
    **docs.documented(
        Permission.OPERATE,
        errors=(*_TAKES_FORM, refusals.TokenRefused, refusals.InvalidScope),
        body=DEVICE_FORM,
    ),
)
async def authorize_device(request: Request) -> Response:
    """Begin to sign a program in: show the code and the address, then ask `/oauth/token` until somebody has allowed it.

    It needs no token.
    """
    require_accounts(request)
    form = await read_form(request)
    draft = DeviceDraft(client=_given(form, "client_id"), scopes=_scopes_of(form.get("scope", "")))
    codes = await context_of(request).device_sign_in.begin(draft, address_of(request.scope))
    page = f"{_origin_of(request)}{DEVICE_PAGE}"
    answer = DeviceAuthorization(
        device_code=codes.device_code,
        user_code=codes.user_code,
        verification_uri=page,
        verification_uri_complete=f"{page}?code={codes.user_code}",
        expires_in=round(TTL.total_seconds()),
        interval=round(INTERVAL.total_seconds()),
    )
    return response_of(json_answer(answer, 200, _NOT_KEPT))


@router.post(
    "/oauth/token",
    response_model=AccessToken,
    **docs.documented(
        Permission.OPERATE,
        errors=(
            *_TAKES_FORM,
            ProviderUnavailable,
            *(refusals.TokenRefused, refusals.UnsupportedGrantType, refusals.InvalidGrant),
            *(refusals.AuthorizationPending, refusals.SlowDown, refusals.AccessDenied, refusals.ExpiredToken),
        ),
        body=TOKEN_FORM,
    ),
)
async def give_token(request: Request) -> Response:
    """Give a token to a program that somebody has allowed, or to a workload for its platform's token.

    It needs no token. A refusal has the member `error`, as RFC 6749 (section 5.2) spells it.
    """
    require_accounts(request)
    form = await read_form(request)
    kind = _given(form, "grant_type")
    if kind == DEVICE_CODE:
        code, address = _given(form, "device_code"), address_of(request.scope)
        given = await context_of(request).device_sign_in.collect(code, address)
    elif kind == TOKEN_EXCHANGE:
        given = await _exchanged(request, form)
    else:
        raise refusals.UnsupportedGrantType(
            "there is no such grant_type here", hint=f"Send {DEVICE_CODE} or {TOKEN_EXCHANGE}."
        )
    return response_of(json_answer(AccessToken.of(*given), 200, _NOT_KEPT))


async def _exchanged(request: Request, form: Mapping[str, str]) -> tuple[Token, Secret]:
    if _given(form, "subject_token_type") not in SUBJECT_TOKEN_TYPES:
        raise refusals.TokenRefused("subject_token_type is none", hint=f"Send {' or '.join(SUBJECT_TOKEN_TYPES)}.")
    exchange = context_of(request).token_exchange
    if exchange is None:
        raise refusals.InvalidGrant(
            "this registry trusts no issuer of tokens", hint="The operator names some in MODELYARD_WORKLOAD_ISSUERS."
        )
    return await exchange.exchange(_given(form, "subject_token"), form.get("account", ""), address_of(request.scope))


def _given(form: Mapping[str, str], name: str) -> str:
    value = form.get(name, "")
    if not 0 < len(value) <= MAX_TOKEN:
        raise refusals.TokenRefused(f"{name} is missing" if not value else f"{name} is too long")
    return value


def _scopes_of(text: str) -> frozenset[Scope]:
    try:
        return frozenset(map(Scope, text.split())) or _USUAL
    except ValueError as error:
        raise refusals.InvalidScope(f"scope takes {', '.join(Scope)}") from error


def _origin_of(request: Request) -> str:
    """Where people reach the registry: as the operator says, or else as the program does."""
    return context_of(request).public_url or f"{request.url.scheme}://{request.url.netloc}"

"""Signing in by an identity provider: there and back."""

from typing import Final

from fastapi import APIRouter, Query, Request, Response

from modelyard.application.services.provider_sign_in import TTL, ProviderSignIn
from modelyard.domain.access_errors import SignInFailed
from modelyard.domain.errors import NotFound
from modelyard.domain.permission import Permission
from modelyard.presentation.http.context import context_of
from modelyard.presentation.http.rates import address_of
from modelyard.presentation.http.session_cookie import cookie_name, set_secret_cookie, set_session
from modelyard.presentation.web.caller import CALLBACK, PROVIDER
from modelyard.presentation.web.forms import local_target
from modelyard.presentation.web.page import PageRoute, page, page_router
from modelyard.presentation.web.rendering import see_other

_COOKIE: Final = "modelyard_sign_in"


class CallbackRoute(PageRoute):
    """Takes whatever parameters a provider adds."""

    takes_any_parameter = True


leaving = page_router()
coming_back = APIRouter(route_class=CallbackRoute)


@leaving.get(PROVIDER, **page(Permission.OPERATE))
async def begin_sign_in(request: Request, target: str = Query(default="/", alias="next")) -> Response:
    """Send the browser to the provider."""
    departure = await _provider_of(request).begin(local_target(target), address_of(request.scope))
    response = see_other(request, departure.address)
    set_secret_cookie(request, response, _COOKIE, departure.browser, seconds=int(TTL.total_seconds()))
    return response


@coming_back.get(CALLBACK, **page(Permission.OPERATE))
async def finish_sign_in(request: Request) -> Response:
    """Let in whom the provider vouches for, and go on."""
    given = request.query_params
    if "error" in given:
        raise SignInFailed("the identity provider did not let you in", hint="Begin again, or ask an administrator.")
    browser = request.cookies.get(cookie_name(request, _COOKIE), "")
    secret, target = await _provider_of(request).finish(
        state=given.get("state", ""), browser=browser, code=given.get("code", "")
    )
    response = see_other(request, target)
    set_session(request, response, secret, seconds=context_of(request).session_seconds)
    set_secret_cookie(request, response, _COOKIE, "", seconds=0)
    return response


def _provider_of(request: Request) -> ProviderSignIn:
    provider = context_of(request).provider
    if provider is None:
        raise NotFound("this registry has no identity provider")
    return provider

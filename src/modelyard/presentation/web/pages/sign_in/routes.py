"""Signing in by password, and out."""

from urllib.parse import quote

from fastapi import Query, Request, Response

from modelyard.application.services.sessions import close_session
from modelyard.domain.access.token import read_secret
from modelyard.domain.access_errors import SignInFailed, TooManyRequests
from modelyard.domain.permission import Permission
from modelyard.presentation.http.context import admissions_of, context_of
from modelyard.presentation.http.form_body import read_form
from modelyard.presentation.http.rates import address_of
from modelyard.presentation.http.session_cookie import clear_session, session_of, set_session
from modelyard.presentation.web.caller import PROVIDER, SIGN_IN, SIGN_OUT
from modelyard.presentation.web.flash import done
from modelyard.presentation.web.forms import EMPTY, FormView, local_target, refused
from modelyard.presentation.web.page import page, page_router
from modelyard.presentation.web.pages.sign_in.view import SignInView
from modelyard.presentation.web.rendering import see_other, show

router = page_router()

_TARGET = Query(default="/", alias="next", description="Where to go on to")


@router.get(SIGN_IN, **page(Permission.OPERATE))
async def show_sign_in(request: Request, target: str = _TARGET) -> Response:
    """The form; where the registry asks nobody who they are, there is nothing to sign in to."""
    if admissions_of(request) is None:
        return see_other(request, "/")
    return await show(request, "sign_in.html", _view(request, local_target(target)))


@router.post(SIGN_IN, **page(Permission.OPERATE))
async def sign_in(request: Request) -> Response:
    """Open a session, and go on."""
    if admissions_of(request) is None:
        return see_other(request, "/")
    form = await read_form(request)
    target = local_target(form.get("next", "/"))
    context = context_of(request)
    try:
        secret = await context.passwords.sign_in(
            form.get("account", ""), form.get("password", ""), address_of(request.scope)
        )
    except (SignInFailed, TooManyRequests) as error:
        again = refused({"account": form.get("account", "")}, error)
        return await show(request, "sign_in.html", _view(request, target, again), again.status)
    response = see_other(request, target)
    set_session(request, response, secret, seconds=context.session_seconds)
    return response


@router.post(SIGN_OUT, **page(Permission.OPERATE))
async def sign_out(request: Request) -> Response:
    """Close the session at once, in every process."""
    secret = read_secret(session_of(request) or "")
    if secret is not None:
        await context_of(request).database.write(close_session, secret.hash)
    response = see_other(request, SIGN_IN, done("You have signed out."))
    clear_session(request, response)
    return response


def _view(request: Request, target: str, form: FormView = EMPTY) -> SignInView:
    provider = context_of(request).provider
    if provider is None:
        return SignInView(target=target, form=form)
    address = f"{PROVIDER}?next={quote(target, safe='')}"
    return SignInView(target=target, form=form, provider=provider.label, provider_address=address)

"""The page at which somebody allows a program that shows a code (RFC 8628, section 3.3)."""

from fastapi import Query, Request, Response

from modelyard.domain.access_errors import SignInFailed, TooManyRequests
from modelyard.domain.permission import Permission
from modelyard.presentation.api.oauth.routes import DEVICE_PAGE
from modelyard.presentation.http.access import acting, require_accounts
from modelyard.presentation.http.context import context_of
from modelyard.presentation.http.form_body import read_form
from modelyard.presentation.http.rates import address_of
from modelyard.presentation.web.flash import done
from modelyard.presentation.web.forms import refused
from modelyard.presentation.web.page import page, page_router
from modelyard.presentation.web.pages.device.view import DeviceView, device_view
from modelyard.presentation.web.rendering import see_other, show

router = page_router()

_CODE = Query(default="", max_length=100, description="The code that the program shows")


@router.get(DEVICE_PAGE, **page(Permission.ACCESS_OWN))
async def show_device(request: Request, code: str = _CODE) -> Response:
    """The form of the code; or with a code, who asks for what."""
    require_accounts(request)
    if not code:
        return await show(request, "device.html", DeviceView())
    try:
        asked = await context_of(request).device_sign_in.asked(code, address_of(request.scope))
    except (SignInFailed, TooManyRequests) as error:
        return await _show_refused(request, code, error)
    return await show(request, "device.html", device_view(code, asked))


@router.post(DEVICE_PAGE, **page(Permission.ACCESS_OWN))
async def decide_device(request: Request) -> Response:
    """Let the program act for whoever is signed in, or not."""
    require_accounts(request)
    form = await read_form(request)
    code, is_allowed = form.get("code", ""), form.get("decision") == "allow"
    try:
        asked = await context_of(request).device_sign_in.decide(
            acting(request), code, address_of(request.scope), is_allowed=is_allowed
        )
    except (SignInFailed, TooManyRequests) as error:
        return await _show_refused(request, code, error)
    client = asked.draft.client
    told = f"{client} acts for you now. You can close this page." if is_allowed else f"{client} was not let in."
    return see_other(request, DEVICE_PAGE, done(told))


async def _show_refused(request: Request, code: str, error: SignInFailed | TooManyRequests) -> Response:
    form = refused({"code": code}, error)
    return await show(request, "device.html", DeviceView(form=form), form.status)

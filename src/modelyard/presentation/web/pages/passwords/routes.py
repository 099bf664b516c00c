"""The page of one's own password."""

from fastapi import Request, Response

from modelyard.application.services.signing_in import has_password
from modelyard.domain.access_errors import SignInFailed, TooManyRequests
from modelyard.domain.errors import InvalidInput
from modelyard.domain.permission import Permission
from modelyard.presentation.api.passwords.schemas import PasswordChange
from modelyard.presentation.http.access import acting
from modelyard.presentation.http.context import admissions_of, context_of
from modelyard.presentation.http.form_body import read_form
from modelyard.presentation.http.rates import address_of
from modelyard.presentation.http.session_cookie import clear_session
from modelyard.presentation.http.validation import validated
from modelyard.presentation.web.caller import PASSWORD, SIGN_IN
from modelyard.presentation.web.flash import done
from modelyard.presentation.web.forms import EMPTY, FormView, refused
from modelyard.presentation.web.page import page, page_router
from modelyard.presentation.web.pages.passwords.view import PasswordView
from modelyard.presentation.web.rendering import see_other, show

router = page_router()


@router.get(PASSWORD, **page(Permission.ACCESS_OWN))
async def show_password(request: Request) -> Response:
    """The form; where the registry asks nobody who they are, what that means."""
    if admissions_of(request) is None:
        return await show(request, "admin_open.html", None)
    return await _show(request, EMPTY)


@router.post(PASSWORD, **page(Permission.ACCESS_OWN))
async def change_password(request: Request) -> Response:
    """Change it, and lead to signing in: all sessions end by that, and only the new password opens one again."""
    if admissions_of(request) is None:
        return see_other(request, PASSWORD)
    fields = await read_form(request)
    try:
        wanted = validated(PasswordChange, {"password": fields.get("password", ""), "current": fields.get("current")})
        await context_of(request).passwords.change(
            acting(request), None, wanted.password, wanted.current, address_of(request.scope)
        )
    except (InvalidInput, SignInFailed, TooManyRequests) as error:
        return await _show(request, refused({"current": "", "password": ""}, error))
    told = "Your password is changed, and all your sessions have ended. Sign in with the new one."
    response = see_other(request, SIGN_IN, done(told))
    clear_session(request, response)
    return response


async def _show(request: Request, form: FormView) -> Response:
    standing = acting(request)
    has_one = await context_of(request).database.read(has_password, standing)
    view = PasswordView(account=standing.principal.name, has_one=has_one, form=form)
    return await show(request, "password.html", view, form.status)

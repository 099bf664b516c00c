"""How pages look, and the name that one acts under where nobody is asked who they are."""

from urllib.parse import quote

from fastapi import Request, Response

from modelyard.domain.errors import InvalidInput
from modelyard.domain.permission import Permission
from modelyard.domain.principal import Principal
from modelyard.presentation.http.cookies import set_cookie
from modelyard.presentation.http.form_body import read_form
from modelyard.presentation.web.caller import NAME_COOKIE, caller_of
from modelyard.presentation.web.flash import done, failed
from modelyard.presentation.web.forms import local_target
from modelyard.presentation.web.page import page, page_router
from modelyard.presentation.web.rendering import see_other
from modelyard.presentation.web.shell import THEME_COOKIE, THEMES

router = page_router()

_YEAR = 365 * 24 * 3600


@router.post("/preferences/theme", **page(Permission.OPERATE))
async def set_theme(request: Request) -> Response:
    """Light, dark, or whatever the reader's system says."""
    form = await read_form(request)
    response = see_other(request, local_target(form.get("return_to", "")))
    theme = form.get("theme", "")
    if theme in THEMES:
        set_cookie(request, response, THEME_COOKIE, theme, seconds=_YEAR)
    else:
        response.delete_cookie(THEME_COOKIE)
    return response


@router.post("/preferences/name", **page(Permission.OPERATE))
async def set_name(request: Request) -> Response:
    """Choose the name that stands in the history; where people sign in, that is theirs already."""
    form = await read_form(request)
    target = local_target(form.get("return_to", ""))
    if not caller_of(request).has_chosen_name:
        return see_other(request, target, failed("Your name is the one that you have signed in with."))
    try:
        name = Principal.named(form.get("name", "").strip(), "name").name
    except InvalidInput as error:
        return see_other(request, target, failed(f"That name cannot be used: {error.errors[0].message}."))
    response = see_other(request, target, done(f"What you do is recorded as {name} now."))
    set_cookie(request, response, NAME_COOKIE, quote(name, safe=""), seconds=_YEAR)
    return response

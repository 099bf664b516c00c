"""Who looks at a page, by the name under which they act."""

from dataclasses import dataclass
from urllib.parse import quote, unquote

from fastapi import Request

from modelyard.domain.errors import InvalidInput, Malformed
from modelyard.domain.permission import Permission
from modelyard.domain.principal import ANONYMOUS, Principal
from modelyard.presentation.http.access import standing_of
from modelyard.presentation.http.context import ACTOR_HEADER, admissions_of, principal_of
from modelyard.presentation.http.session_cookie import session_of

SIGN_IN = "/sign-in"
SIGN_OUT = "/sign-out"
PROVIDER = "/sign-in/provider"
CALLBACK = "/sign-in/callback"
PASSWORD = "/password"  # noqa: S105 - an address
NAME_COOKIE = "modelyard_name"


@dataclass(frozen=True, slots=True, kw_only=True)
class CallerView:
    """What the head of each page says about its reader. An empty address is no link."""

    name: str
    has_chosen_name: bool
    """Whether nobody asks who they are, neither the registry nor a proxy, so that the name can be changed here."""
    sign_in: str = ""
    sign_out: str = ""
    password: str = ""


def actor_of(request: Request) -> Principal:
    """Who changes something by a form: whoever is signed in; where nobody is asked, the name that they chose.

    Browsers send no `X-Modelyard-Actor`. Where one comes, a proxy has asked who they are: nothing is left to choose.

    Raises:
        Malformed, InvalidInput: the header.
    """
    if standing_of(request) is not None or ACTOR_HEADER in request.headers:
        return principal_of(request)
    try:
        return Principal.named(unquote(request.cookies.get(NAME_COOKIE, "")), "name")
    except InvalidInput:
        return ANONYMOUS


def caller_of(request: Request) -> CallerView:
    """Who is shown in the head of the page; the name is empty for somebody who has not signed in."""
    has_accounts = admissions_of(request) is not None
    is_known = standing_of(request) is not None or not has_accounts
    has_session = is_known and has_accounts and session_of(request) is not None
    return CallerView(
        name=_name_of(request) if is_known else "",
        has_chosen_name=not has_accounts and ACTOR_HEADER not in request.headers,
        sign_in="" if is_known or request.url.path == SIGN_IN else f"{SIGN_IN}?next={quote(_next(request), safe='')}",
        sign_out=SIGN_OUT if has_session else "",
        password=PASSWORD if has_session else "",
    )


def _name_of(request: Request) -> str:
    """Empty where a header holds no name: the page that says so has a head too."""
    try:
        return actor_of(request).name
    except (Malformed, InvalidInput):
        return ""


def address_of(request: Request) -> str:
    """The page's own address, on this server."""
    query = request.url.query
    return f"{request.url.path}?{query}" if query else request.url.path


def _next(request: Request) -> str:
    """Where to go on to after signing in: this page, if it can be asked for again."""
    return address_of(request) if request.method == "GET" else "/"


def may_anywhere(request: Request, permission: Permission) -> bool:
    """Whether the caller may do this to some model, so that a link to where it is done makes sense."""
    if admissions_of(request) is None:
        return True
    standing = standing_of(request)
    return standing is not None and standing.allows_anywhere(permission)

"""Cookies that hold secrets: that of a browser's session, and of a sign-in that is under way."""

from typing import Final

from fastapi import Request, Response

from modelyard.domain.access.token import Secret
from modelyard.presentation.http.cookies import is_secure, set_cookie

SESSION: Final = "modelyard_session"


def session_of(request: Request) -> str | None:
    """The secret that the browser sent. Over TLS one that was set without it is not believed: anybody may have."""
    return request.cookies.get(cookie_name(request, SESSION))


def set_session(request: Request, response: Response, secret: Secret, *, seconds: int) -> None:
    """Let the browser keep the secret of a session."""
    set_secret_cookie(request, response, SESSION, secret.text, seconds=seconds)


def clear_session(request: Request, response: Response) -> None:
    """Let the browser forget it."""
    set_secret_cookie(request, response, SESSION, "", seconds=0)


def set_secret_cookie(request: Request, response: Response, name: str, value: str, *, seconds: int) -> None:
    """Under a name that `cookie_name` gives it."""
    set_cookie(request, response, cookie_name(request, name), value, seconds=seconds)


def cookie_name(request: Request, name: str) -> str:
    """Over TLS with a prefix: a browser takes such a cookie from this host alone, for all of it, and over TLS."""
    return f"__Host-{name}" if is_secure(request) else name

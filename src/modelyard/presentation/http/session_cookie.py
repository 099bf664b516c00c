"""The cookie of a browser's session."""

from typing import Final

from fastapi import Request, Response

from modelyard.domain.access.token import Secret

_NAME: Final = "modelyard_session"
_SECURE_NAME: Final = f"__Host-{_NAME}"
"""A browser takes a cookie of this name from this host alone, for all of it, and over TLS."""


def session_of(request: Request) -> str | None:
    """The secret that the browser sent. Over TLS one that was set without it is not believed: anybody may have."""
    return request.cookies.get(_name(request))


def set_session(request: Request, response: Response, secret: Secret, *, seconds: int) -> None:
    """No script reads it, no other site sends it along with what changes something, and over TLS it stays there."""
    is_secure = _is_secure(request)
    response.set_cookie(
        _name(request), secret.text, max_age=seconds, path="/", httponly=True, samesite="lax", secure=is_secure
    )


def clear_session(request: Request, response: Response) -> None:
    """Let the browser forget it."""
    is_secure = _is_secure(request)
    response.delete_cookie(_name(request), path="/", httponly=True, samesite="lax", secure=is_secure)


def _is_secure(request: Request) -> bool:
    return str(request.scope["scheme"]) == "https"


def _name(request: Request) -> str:
    return _SECURE_NAME if _is_secure(request) else _NAME

"""How cookies are set."""

from fastapi import Request, Response


def set_cookie(request: Request, response: Response, name: str, value: str, *, seconds: int) -> None:
    """No script reads it, no other site sends it along with what changes something, and over TLS it stays there."""
    response.set_cookie(
        name, value, max_age=seconds, path="/", httponly=True, samesite="lax", secure=is_secure(request)
    )


def is_secure(request: Request) -> bool:
    """Whether the browser came over TLS."""
    return str(request.scope["scheme"]) == "https"

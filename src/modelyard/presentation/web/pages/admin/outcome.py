"""What becomes of the small forms of these pages: they lead back, and what they did, or why not, is told there."""

from collections.abc import Awaitable

from fastapi import Request, Response

from modelyard.domain.errors import RegistryError
from modelyard.presentation.http.error_map import STATUS
from modelyard.presentation.web.flash import done, failed
from modelyard.presentation.web.rendering import see_other

_CORRIGIBLE = frozenset({404, 409, 412, 422})
"""What somebody can put right in the form; everything else is an error page."""


async def led_back(request: Request, target: str, told: str, change: Awaitable[object]) -> Response:
    """Do it, and go back."""
    try:
        await change
    except RegistryError as error:
        return refused_back(request, target, error)
    return see_other(request, target, done(told))


def refused_back(request: Request, target: str, error: RegistryError) -> Response:
    """Go back, and tell why nothing was done.

    Raises:
        RegistryError: it cannot be put right there.
    """
    if STATUS[type(error)].value not in _CORRIGIBLE:
        raise error
    message = f"{error.message[:1].upper()}{error.message[1:]}. {error.hint}".strip()
    return see_other(request, target, failed(message))

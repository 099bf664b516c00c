"""What is told once, on the page that follows a form."""

import json
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import quote, unquote

from fastapi import Request, Response

from modelyard.presentation.http.cookies import set_cookie

FLASH_COOKIE = "modelyard_flash"
_LONGEST = 1_000
_SECONDS = 60


class FlashKind(StrEnum):
    """How it ended."""

    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Flash:
    """One sentence."""

    kind: FlashKind
    text: str


def done(text: str) -> Flash:
    """It worked."""
    return Flash(FlashKind.DONE, text)


def failed(text: str) -> Flash:
    """It did not, and nothing was changed."""
    return Flash(FlashKind.FAILED, text)


def keep_flash(request: Request, response: Response, flash: Flash) -> None:
    """Carry it to the next page, in a cookie, for a minute."""
    value = quote(json.dumps([flash.kind, flash.text[:_LONGEST]]), safe="")
    set_cookie(request, response, FLASH_COOKIE, value, seconds=_SECONDS)


def flash_of(request: Request) -> Flash | None:
    """What there is to tell; a cookie that cannot be read tells nothing."""
    try:
        kind, text = json.loads(unquote(request.cookies.get(FLASH_COOKIE, "")))
        return Flash(FlashKind(kind), str(text)[:_LONGEST])
    except (ValueError, TypeError):
        return None

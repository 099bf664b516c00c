"""Signing in a program by a browser that may be on another machine (RFC 8628)."""

import re
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from modelyard.domain.access.token import Scope
from modelyard.domain.errors import FieldError, InvalidInput
from modelyard.domain.names import text_faults

MAX_CLIENT: Final = 100
_LETTERS: Final = "BCDFGHJKLMNPQRSTVWXZ"
"""No vowels, so that no words come out (RFC 8628, section 6.1)."""
_HALF: Final = 4
_TYPED: Final = re.compile(rf"[{_LETTERS}]{{{2 * _HALF}}}")


def new_user_code() -> str:
    """What people compare, and may have to type: eight letters, 34 bits. Guesses are counted, and it lives briefly."""
    letters = "".join(secrets.choice(_LETTERS) for _ in range(2 * _HALF))
    return f"{letters[:_HALF]}-{letters[_HALF:]}"


def read_user_code(text: str) -> str | None:
    """The code that somebody typed, in whatever case and with whatever between its letters; None where it is none."""
    letters = "".join(letter for letter in text[:100].upper() if letter.isalnum())
    return f"{letters[:_HALF]}-{letters[_HALF:]}" if _TYPED.fullmatch(letters) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceDraft:
    """What a program asks for. What it calls itself is shown to whoever allows it, and proves nothing.

    Raises:
        InvalidInput: when made, against a rule.
    """

    client: str
    scopes: frozenset[Scope]

    def __post_init__(self) -> None:
        for message in text_faults(self.client, longest=MAX_CLIENT):
            raise InvalidInput(f"client_id {message}", errors=[FieldError(pointer="/client_id", message=message)])


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceSignIn:
    """One that is under way. `account` is of whoever allowed it; empty while nobody has."""

    draft: DeviceDraft
    expires_at: datetime
    polled_at: datetime | None
    account: str
    is_refused: bool

    @property
    def is_decided(self) -> bool:
        """Whether somebody said yes or no."""
        return bool(self.account) or self.is_refused

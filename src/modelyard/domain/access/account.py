"""Accounts and groups: those who may be given roles."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from modelyard.domain.errors import FieldError, InvalidInput
from modelyard.domain.names import check_key, text_faults
from modelyard.domain.principal import ANONYMOUS, Principal

MAX_DISPLAY_NAME = 200


class AccountKind(StrEnum):
    """Who is behind an account."""

    PERSON = "person"
    SERVICE = "service"
    """A program. It signs in by tokens alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountDraft:
    """A new account. Its name stands in every event that it causes, and is never given to another one.

    Raises:
        InvalidInput: when made, against a rule.
    """

    name: str
    kind: AccountKind = AccountKind.PERSON
    display_name: str = ""

    def __post_init__(self) -> None:
        check_key(self.name, "/name", "/:*")
        if self.name == ANONYMOUS.name:
            message = "is what those are called who did not say who they are"
            raise InvalidInput(f"{self.name!r} {message}", errors=[FieldError(pointer="/name", message=message)])
        check_display_name(self.display_name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """An account as it is kept. One that is not active can do nothing; it is never deleted, since history names it."""

    id: int
    name: str
    kind: AccountKind
    display_name: str
    is_active: bool
    groups: Sequence[str]
    created_at: datetime
    created_by: str
    updated_at: datetime
    updated_by: str
    revision: int

    @property
    def tag(self) -> str:
        """Names this state of it."""
        return f"account-{self.id}-{self.revision}"

    @property
    def principal(self) -> Principal:
        """Who acts."""
        return Principal(self.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Several accounts, which share what is granted to the group."""

    id: int
    name: str
    description: str
    members: Sequence[str]
    created_at: datetime
    created_by: str
    updated_at: datetime
    updated_by: str
    revision: int

    @property
    def tag(self) -> str:
        """Names this state of it."""
        return f"group-{self.id}-{self.revision}"


def check_display_name(text: str) -> str:
    """Take what people are called on pages: one visible line, or nothing.

    Raises:
        InvalidInput: it is more than that.
    """
    faults = list(text_faults(text, longest=MAX_DISPLAY_NAME)) if text else []
    if faults:
        message = faults[0]
        raise InvalidInput(f"display_name {message}", errors=[FieldError(pointer="/display_name", message=message)])
    return text

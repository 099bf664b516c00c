"""Tokens: how a secret is written, what is kept of it, and what it narrows its owner's rights to."""

import hashlib
import re
import secrets
import zlib
from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from modelyard.domain.access.role import PERMISSIONS, Role
from modelyard.domain.errors import FieldError, InvalidInput
from modelyard.domain.names import check_model_name, text_faults
from modelyard.domain.permission import Permission

PREFIX: Final = "mdy_"
MAX_TOKEN_NAME: Final = 100
_DIGITS: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_RANDOM_DIGITS: Final = 36
"""Digits of 62: 214 random bits."""
_CHECK_DIGITS: Final = 6
_SHAPE: Final = re.compile(rf"{PREFIX}[0-9A-Za-z]{{{_RANDOM_DIGITS + _CHECK_DIGITS}}}", re.ASCII)


class Scope(StrEnum):
    """What a token may be used for; its owner's rights are narrowed down to it, never widened."""

    READ = "read"
    WRITE = "write"
    """Register, describe and measure."""
    PROMOTE = "promote"
    """Move stages and aliases, protected ones too, set policies, approve."""
    ADMIN = "admin"
    """All that the owner may do, accounts and webhooks included."""


def in_order(scopes: Set[Scope]) -> list[Scope]:
    """As they are shown: from the one that lets through least."""
    return [scope for scope in Scope if scope in scopes]


class TokenKind(StrEnum):
    """How a secret is sent: each is good for one way only."""

    TOKEN = "token"  # noqa: S105 - a kind
    """In the header `Authorization`, by a program."""
    SESSION = "session"
    """In a cookie, by a browser that has signed in."""
    EXCHANGED = "exchanged"
    """As a token, by a workload that has one for a short time."""

    @property
    def is_cookie(self) -> bool:
        """Whether a browser keeps it."""
        return self is TokenKind.SESSION


_WRITES = PERMISSIONS[Role.CONTRIBUTOR] | {
    Permission.MODELS_RENAME,
    Permission.MODELS_DELETE,
    Permission.VERSIONS_DELETE,
    Permission.ACCESS_OWN,
}
BY_ANY_TOKEN = frozenset({Permission.OPERATE, Permission.IDENTITY_READ, Permission.TELEMETRY_READ})
"""What is about no model, and needs no grant."""

_READS = PERMISSIONS[Role.READER] | BY_ANY_TOKEN
SCOPES: Mapping[Scope, frozenset[Permission]] = MappingProxyType(
    {
        Scope.READ: _READS,
        Scope.WRITE: _READS | _WRITES,
        Scope.PROMOTE: _READS
        | PERMISSIONS[Role.APPROVER]
        | {Permission.ALIASES_MOVE, Permission.ALIASES_PROTECTED}
        | {Permission.POLICIES_EDIT, Permission.VERSIONS_PROMOTE},
        Scope.ADMIN: frozenset(Permission),
    }
)
"""The permissions that each scope lets through."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenDraft:
    """What somebody asks for: scopes, globs of models that it is good for, and until when (None: until revoked).

    Raises:
        InvalidInput: when made, against a rule.
    """

    name: str
    scopes: frozenset[Scope]
    models: tuple[str, ...] = ("*",)
    expires_at: datetime | None = None

    def __post_init__(self) -> None:
        faults = [FieldError(pointer="/name", message=one) for one in text_faults(self.name, longest=MAX_TOKEN_NAME)]
        if not self.scopes:
            faults.append(FieldError(pointer="/scopes", message="must name at least one"))
        if not self.models:
            faults.append(FieldError(pointer="/models", message="must name at least one pattern; `*` stands for all"))
        if faults:
            raise InvalidInput(f"{faults[0].pointer} {faults[0].message}", errors=faults)
        for place, pattern in enumerate(self.models):
            check_model_name(pattern, f"/models/{place}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A token as it is kept: of its secret only a hash, and its last four characters to tell it by."""

    id: int
    account: str
    draft: TokenDraft
    ending: str
    created_at: datetime
    created_by: str
    last_used_at: datetime | None
    revoked_at: datetime | None
    kind: TokenKind = TokenKind.TOKEN


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """The text of a token, which is shown once."""

    text: str = field(repr=False)

    @property
    def hash(self) -> bytes:
        """What is kept: SHA-256. The text is random, so nothing slower is needed."""
        return hash_of(self.text)

    @property
    def ending(self) -> str:
        """The last four characters."""
        return self.text[-4:]


def hash_of(text: str) -> bytes:
    """What is kept of a secret, and what a text that cannot be one has too; nothing is kept of that."""
    return hashlib.sha256(text.encode(errors="surrogatepass")).digest()


def new_secret() -> Secret:
    """A fresh one: prefix, 214 random bits, checksum. Prefix and checksum let scanners of secrets know one for sure."""
    random = "".join(secrets.choice(_DIGITS) for _ in range(_RANDOM_DIGITS))
    return Secret(text=f"{PREFIX}{random}{_checksum(random)}")


def read_secret(text: str) -> Secret | None:
    """The secret that a caller sent; None where it cannot be one, which needs no look into the database."""
    if not _SHAPE.fullmatch(text):
        return None
    random = text[len(PREFIX) : -_CHECK_DIGITS]
    return Secret(text=text) if text.endswith(_checksum(random)) else None


def _checksum(random: str) -> str:
    rest, digits = zlib.crc32(random.encode()), ""
    for _ in range(_CHECK_DIGITS):
        rest, digit = divmod(rest, len(_DIGITS))
        digits = _DIGITS[digit] + digits
    return digits

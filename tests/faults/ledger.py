"""What a registry has acknowledged to one writer, and what it may or may not have done when it was cut off."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

T = TypeVar("T")
Manifest = dict[str, str]
"""Digests by path."""


class Lost(AssertionError):
    """Something acknowledged is not there, or something is there that nobody asked for."""


@dataclass(slots=True)
class Fact(Generic[T]):
    """A value that is known, but for the one change that is under way."""

    value: T
    changing_to: T | None = None

    def begin(self, value: T) -> None:
        self.changing_to = value

    def acknowledge(self) -> None:
        assert self.changing_to is not None
        self.value, self.changing_to = self.changing_to, None

    def require(self, seen: T, what: str) -> None:
        """It is the old value or the one under way; from now on it is what was seen."""
        if seen != self.value and (self.changing_to is None or seen != self.changing_to):
            raise Lost(f"{what} is {seen!r}, not {self.value!r} or {self.changing_to!r}")
        self.value, self.changing_to = seen, None


@dataclass(slots=True)
class KnownVersion:
    model: str
    number: int
    manifest: Manifest
    stage: Fact[str]
    is_there: Fact[bool]
    metrics: Fact[dict[str, float]]

    @property
    def path(self) -> str:
        return f"/api/v1/models/{self.model}/versions/{self.number}"


@dataclass(slots=True)
class KnownUpload:
    """A resumable upload; `acknowledged` bytes of it are durable."""

    path: str
    content: bytes
    acknowledged: int = 0
    is_ending: bool = False


@dataclass(slots=True)
class Ledger:
    """All that one writer knows. Nobody else changes its versions and aliases, which are all of one model."""

    writer: str
    model: str
    versions: dict[int, KnownVersion] = field(default_factory=dict)
    aliases: dict[str, Fact[int]] = field(default_factory=dict)
    registering: Manifest | None = None
    upload: KnownUpload | None = None
    touched: set[int] = field(default_factory=set)
    acknowledged: int = 0

    def add_version(self, number: int) -> None:
        """The registration under way was acknowledged, or is found to have been made."""
        assert self.registering is not None
        manifest, self.registering = self.registering, None
        self.versions[number] = KnownVersion(self.model, number, manifest, Fact("draft"), Fact(True), Fact({}))
        self.touched.add(number)

    @property
    def aliased(self) -> set[int]:
        return {fact.value for fact in self.aliases.values()}

    @property
    def living(self) -> list[KnownVersion]:
        return [version for version in self.versions.values() if version.is_there.value]


def digest_of(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def manifest_of(files: Iterable[tuple[str, bytes]]) -> Manifest:
    return {path: digest_of(content) for path, content in files}

"""The root of all errors that the client raises, and those that do not come from the registry."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldError:
    """One bad field: `pointer` is a JSON pointer into what was sent, or the name of a parameter or header."""

    pointer: str
    message: str


class ModelyardError(Exception):
    """Root of all: `message` says what happened, `hint` what to do about it (empty where there is nothing)."""

    default_hint: ClassVar[str] = ""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint or self.default_hint

    def __str__(self) -> str:
        return f"{self.message}\n{self.hint}" if self.hint else self.message


class Unreachable(ModelyardError):
    """The registry gave no answer within the time allowed. What was sent may have arrived all the same."""


class Offline(ModelyardError):
    """`MODELYARD_OFFLINE` is set, and what was asked for is not in the cache."""

    default_hint = "Unset MODELYARD_OFFLINE, or pull it once while the registry can be reached."


class Unintelligible(ModelyardError):
    """Something answered that is not a registry of this kind, or a program between it and the client.

    `status` is that of the answer, where it says anything.
    """

    default_hint = "Check the address: the page at its path /docs should be the API of a registry."

    def __init__(self, message: str, *, hint: str = "", status: int = 0) -> None:
        super().__init__(message, hint=hint)
        self.status = status


class Misconfigured(ModelyardError):
    """A setting, a profile or an address cannot be understood."""


class BadReference(ModelyardError):
    """A text that names no version."""

    default_hint = "Write model:7, model:production, model:latest or model@alias."


class DamagedFile(ModelyardError):
    """Bytes that came, or that lay in the cache, are not those that were registered. They were not kept."""


class ChangedFile(ModelyardError):
    """A file on this machine is not any more what it was when it was hashed."""

    default_hint = "Push again when nothing writes to it."


class DiskFault(ModelyardError):
    """A file on this machine cannot be read or written: no space, no permission, a broken disk."""


class UnsafePath(ModelyardError):
    """A file of a version has a path that does not stay in its folder, or cannot be written on this system."""

    default_hint = "No registry takes such a path: do not trust this one, nor what stands between it and you."


class WouldOverwrite(ModelyardError):
    """A folder holds files of its own where those of a version would go. Nothing was written."""

    default_hint = "Pull into another folder, or say that they may be overwritten."


class UntrustedFormat(ModelyardError):
    """Reading the file would run code that its maker chose, and nobody said that this maker is trusted."""


class UnsupportedModel(ModelyardError):
    """No flavour knows how to save or load this, or what it needs is not installed."""


class RunBusy(ModelyardError):
    """The run goes on, or another process is sending it."""


class CannotPush(ModelyardError):
    """Something that was to be registered cannot be: a value, a file or a folder. Nothing was sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """What the registry answered (RFC 9457): `details` are the members that only some errors have."""

    code: str
    status: int
    detail: str
    hint: str = ""
    request_id: str = ""
    errors: Sequence[FieldError] = ()
    details: Mapping[str, object] = field(default_factory=dict)
    retry_after_seconds: float = 0.0
    """What the registry asks to wait before the next try; 0 where it asks for nothing."""


class RegistryError(ModelyardError):
    """The registry refused the request, or could not do it."""

    code: ClassVar[str] = "registry-error"

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.detail, hint=problem.hint)
        self.problem = problem

    @property
    def status(self) -> int:
        """The HTTP status."""
        return self.problem.status

    @property
    def details(self) -> Mapping[str, object]:
        """What only this kind of error has, such as `gates` or `missing`."""
        return self.problem.details

    @property
    def errors(self) -> Sequence[FieldError]:
        """Each bad field."""
        return self.problem.errors

    @property
    def request_id(self) -> str:
        """What the registry's log calls the request."""
        return self.problem.request_id

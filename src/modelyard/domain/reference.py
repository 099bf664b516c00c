"""How a version of a model is named: `7`, `production`, `latest` or `@champion`."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from modelyard.domain.errors import FieldError, InvalidInput
from modelyard.domain.lifecycle import Stage
from modelyard.domain.names import check_alias, check_model_name

_NUMBER = re.compile(r"[1-9][0-9]{0,8}", re.ASCII)


@dataclass(frozen=True, slots=True)
class ByNumber:
    """Exactly this version."""

    number: int

    def __str__(self) -> str:
        return str(self.number)


@dataclass(frozen=True, slots=True)
class ByStage:
    """The version that entered the stage last."""

    stage: Stage

    def __str__(self) -> str:
        return self.stage.value


@dataclass(frozen=True, slots=True)
class Latest:
    """The version with the highest number."""

    def __str__(self) -> str:
        return "latest"


@dataclass(frozen=True, slots=True)
class ByAlias:
    """The version that the alias points to now."""

    alias: str

    def __str__(self) -> str:
        return f"@{self.alias}"


Reference = ByNumber | ByStage | Latest | ByAlias

_WORDS: Mapping[str, Reference] = {stage.value: ByStage(stage) for stage in Stage} | {"latest": Latest()}


def parse_reference(text: str, pointer: str = "ref") -> Reference:
    """Read the last part of a reference, as it stands in an address.

    Raises:
        InvalidInput: it is none of the four forms.
    """
    if _NUMBER.fullmatch(text):
        return ByNumber(int(text))
    if text in _WORDS:
        return _WORDS[text]
    if text.startswith("@"):
        return ByAlias(check_alias(text[1:], pointer))
    raise InvalidInput(
        f"{text[:100]!r} names no version",
        hint="Write a number (7), a stage (production), 'latest', or '@' and an alias (@champion).",
        errors=[FieldError(pointer=pointer, message="is not a version reference")],
    )


def parse_full_reference(text: str, pointer: str) -> tuple[str, Reference]:
    """Read `model:7`, `model:production`, `model:latest` or `model@champion`.

    Raises:
        InvalidInput: no separator, a bad name, or a bad last part.
    """
    for separator, prefix in ((":", ""), ("@", "@")):
        model, found, rest = text.partition(separator)
        if found:
            return check_model_name(model, pointer), parse_reference(prefix + rest, pointer)
    message = "must be written model:7, model:production, model:latest or model@alias"
    raise InvalidInput(
        f"{text[:100]!r} is not a reference: it {message}", errors=[FieldError(pointer=pointer, message=message)]
    )

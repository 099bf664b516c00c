"""A model: the name under which versions are registered."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from modelyard.domain.errors import FieldError, InvalidInput, ModelNotFound
from modelyard.domain.names import check_model_name, check_tags

MAX_DESCRIPTION = 20_000


def no_model(name: str) -> ModelNotFound:
    """The same words for a model that is not there and for one that the caller may not see."""
    return ModelNotFound(f"there is no model {name[:200]!r}")


def check_description(text: str, pointer: str = "/description") -> str:
    """Take a description: at most 20,000 characters; longer prose belongs into a version's card."""
    if len(text) > MAX_DESCRIPTION:
        message = f"must have at most {MAX_DESCRIPTION} characters, not {len(text)}"
        raise InvalidInput(f"the description {message}", errors=[FieldError(pointer=pointer, message=message)])
    return text


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelDraft:
    """A model as its maker describes it."""

    name: str
    description: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        check_model_name(self.name)
        check_description(self.description)
        check_tags(self.tags)


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisteredModel:
    """A model that is there. `id` stays through renames and is never used again.

    `revision` grows with each change that can be seen in the model, a new version and a change of production included.
    """

    id: int
    name: str
    description: str
    tags: Mapping[str, str]
    latest_version: int | None
    production: tuple[int, ...]
    created_at: datetime
    created_by: str
    updated_at: datetime
    updated_by: str
    revision: int

    @property
    def tag(self) -> str:
        """Names this state of this model; a model made anew under an old name never has an old tag."""
        return f"{self.id}-{self.revision}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelPatch:
    """A change to what may change. `None` leaves a field; a tag of `None` is removed (JSON Merge Patch, RFC 7396)."""

    description: str | None = None
    tags: Mapping[str, str | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        check_description(self.description or "")


def merged_tags(tags: Mapping[str, str], patch: Mapping[str, str | None]) -> dict[str, str]:
    """The tags after a merge patch.

    Raises:
        InvalidInput: the result would break a rule of tags.
    """
    merged: dict[str, str | None] = {**tags, **patch}
    return check_tags({key: value for key, value in merged.items() if value is not None})

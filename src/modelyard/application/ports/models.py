"""Where models are kept."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from modelyard.domain.registered_model import ModelDraft, RegisteredModel


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberedModel:
    """A model that gave the next of its numbers to a version."""

    id: int
    name: str
    number: int


class Models(Protocol):
    """The models of a registry, within one transaction."""

    def add(self, draft: ModelDraft, *, by: str, at: datetime) -> None:
        """Keep a new model.

        Raises:
            ModelExists: the name is taken, also by a writer that commits first.
        """

    def get(self, name: str) -> RegisteredModel:
        """The model of this name.

        Raises:
            ModelNotFound: there is none.
        """

    def get_to_change(self, name: str) -> RegisteredModel:
        """As `get`, and no other transaction changes the model or its versions before this one ends."""

    def save(self, model: RegisteredModel) -> None:
        """Write name, description, tags, updated time and person, and revision, as they stand in `model`.

        Raises:
            ModelExists: the new name is taken.
        """

    def touch(self, model_id: int, *, by: str, at: datetime, added_bytes: int = 0) -> None:
        """Count a visible change: the revision grows by one, and the bytes of all files by what is added."""

    def next_number(self, name: str, added_bytes: int, *, by: str, at: datetime) -> NumberedModel:
        """Take the next version number from the model's counter, a visible change; a number is never given twice.

        The bytes of the version's files are added to those of the model.

        Raises:
            ModelNotFound: there is no such model.
        """

    def bytes_to_change(self, pattern: str) -> int:
        """The bytes of all files of all models whose names match a glob; those of files that are shared, each time.

        No other transaction that asks for the same glob goes on before this one ends.
        """

    def delete(self, model_id: int) -> None:
        """Delete the model with its versions, aliases and metrics. Its events stay."""

"""Where models are kept."""

from datetime import datetime
from typing import Protocol

from modelyard.domain.registered_model import ModelDraft, RegisteredModel


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

    def touch(self, model_id: int, *, by: str, at: datetime) -> None:
        """Count a visible change: the revision grows by one."""

    def next_number(self, model_id: int) -> int:
        """Take the next version number from the model's counter; a number is never given twice."""

    def delete(self, model_id: int) -> None:
        """Delete the model with its versions, aliases and metrics. Its events stay."""

"""Where aliases are kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Alias:
    """A name that points to one version of its model at a time."""

    model: str
    name: str
    version: int
    is_protected: bool
    """Whether moving it, taking it away and lifting this needs a right of its own."""
    updated_at: datetime
    updated_by: str
    revision: int

    @property
    def tag(self) -> str:
        """Names this state of this alias; one made anew under an old name has another moment."""
        return f"{self.updated_at.timestamp() * 1000:.0f}-{self.revision}"


class Aliases(Protocol):
    """The aliases of all models, within one transaction."""

    def find(self, model_id: int, name: str) -> Alias | None:
        """The alias, or `None`."""

    def of_model(self, model_id: int) -> Sequence[Alias]:
        """All aliases of a model, by name."""

    def point(self, model_id: int, name: str, version: int, *, is_protected: bool, by: str, at: datetime) -> None:
        """Make the alias, or set where it points and its protection; its revision grows. The version exists."""

    def delete(self, model_id: int, name: str) -> None:
        """Take the alias away."""

"""Lists and searches, page by page."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from modelyard.domain.model_version import VersionSummary
from modelyard.domain.query.syntax import Expression
from modelyard.domain.registered_model import RegisteredModel

T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True, slots=True)
class SortKey:
    """One field to sort by. The last key of a sort is always unique, so that pages are stable."""

    field: str
    is_descending: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Which part of an ordered list: up to `limit` rows beyond the sort values in `after`, or from its beginning."""

    sort: tuple[SortKey, ...]
    after: tuple[str | int, ...] | None
    limit: int


@dataclass(frozen=True, slots=True)
class Rows(Generic[T_co]):
    """A part of a list; `next_after` are the sort values of its last row if more rows follow."""

    items: Sequence[T_co]
    next_after: tuple[str | int, ...] | None


class Search(Protocol):
    """Reads over many models and versions, within one transaction. The same query gives the same rows everywhere."""

    def models(self, expression: Expression, window: Window) -> Rows[RegisteredModel]:
        """Models that the expression fits. Sort fields: `name`, `created_at`, `updated_at`, `id`."""

    def versions(self, expression: Expression, model_id: int | None, window: Window) -> Rows[VersionSummary]:
        """Versions that the expression fits, of one model or of all.

        Sort fields: `number`, `model`, `stage`, `created_at`, `updated_at`, `size_bytes`, `id`.
        """

    def count_models(self, expression: Expression, *, at_most: int) -> int:
        """How many models fit; counting stops at `at_most`."""

    def count_versions(self, expression: Expression, model_id: int | None, *, at_most: int) -> int:
        """How many versions fit; counting stops at `at_most`."""

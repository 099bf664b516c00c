"""Lists and searches, page by page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Generic, Protocol, TypeAlias, TypeVar

from modelyard.domain.model_version import VersionSummary
from modelyard.domain.query.syntax import Expression, Field
from modelyard.domain.registered_model import RegisteredModel

T_co = TypeVar("T_co", covariant=True)

SortValue: TypeAlias = str | int | float | None
"""What a row is sorted by; None where it lacks the metric or parameter."""

RELEVANCE: Final = "relevance"
"""The field to sort by how well the words of a query fit; the best is the greatest."""


@dataclass(frozen=True, slots=True)
class SortKey:
    """One field to sort by. The last key of a sort is always unique, so that pages are stable.

    A metric or parameter (`metric.auc@holdout`, `param.max_depth`) and `RELEVANCE` stand before `id` and nothing else.
    """

    field: str
    is_descending: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Which part of an ordered list: up to `limit` rows beyond the sort values in `after`, or from its beginning."""

    sort: tuple[SortKey, ...]
    after: tuple[SortValue, ...] | None
    limit: int

    @property
    def after_integer(self) -> int | None:
        """The first sort value in `after`, of a list that is sorted by an integer."""
        value = None if self.after is None else self.after[0]
        return value if isinstance(value, int) else None


@dataclass(frozen=True, slots=True)
class Rows(Generic[T_co]):
    """A part of a list; `next_after` are the sort values of its last row if more rows follow."""

    items: Sequence[T_co]
    next_after: tuple[SortValue, ...] | None


@dataclass(frozen=True, slots=True)
class FacetValue:
    """A value of a field, and how many versions have it."""

    value: str
    count: int


@dataclass(frozen=True, slots=True)
class Facet:
    """The values of a field of queries, the most frequent first."""

    field: str
    values: Sequence[FacetValue]


@dataclass(frozen=True, slots=True, kw_only=True)
class Facets:
    """Counts of the versions that a query finds; where they are not complete, of the `counted` newest."""

    counted: int
    is_complete: bool
    facets: Sequence[Facet]


class Search(Protocol):
    """Reads over many models and versions, within one transaction. The same query gives the same rows everywhere."""

    def models(self, expression: Expression, window: Window) -> Rows[RegisteredModel]:
        """Models that the expression fits. Sort fields: `name`, `created_at`, `updated_at`, `id`, `RELEVANCE`.

        Raises:
            QueryTooCostly: it would take too long; of every method here.
        """

    def versions(self, expression: Expression, model_id: int | None, window: Window) -> Rows[VersionSummary]:
        """Versions that the expression fits, of one model or of all.

        Sort fields: `number`, `model`, `stage`, `created_at`, `updated_at`, `size_bytes`, `id`, `RELEVANCE`, and any
        metric or parameter, where those come last that have no such number.
        """

    def cards(self, version_ids: Sequence[int]) -> Mapping[int, str]:
        """The cards of versions, by their surrogate keys."""

    def facets(self, expression: Expression, model_id: int | None, *, at_most: int) -> Facets:
        """Counts by stage, framework, owner and tag, over the newest `at_most` versions that the expression fits."""

    def keys(self, root: str, prefix: str, *, limit: int) -> Sequence[str]:
        """The keys of a keyed field that begin with a text, in order."""

    def values(self, field: Field, prefix: str, *, limit: int) -> Sequence[str]:
        """The values of a field of text that begin with a text, in order; none of a field that no index lists."""

    def count_models(self, expression: Expression, *, at_most: int) -> int:
        """How many models fit; counting stops at `at_most`."""

    def count_versions(self, expression: Expression, model_id: int | None, *, at_most: int) -> int:
        """How many versions fit; counting stops at `at_most`."""

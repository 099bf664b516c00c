"""Which versions are best by one metric, and how far they are from what is in production."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from modelyard.application.ports.database import Transaction
from modelyard.application.ports.search import Rows, SortKey
from modelyard.application.queries.page import MAX_COUNT, ListOrder, Page, PageRequest, page_of, window_of
from modelyard.domain.metric import MetricKey, MetricPoint, check_metric
from modelyard.domain.model_version import VersionSummary
from modelyard.domain.query import And, Comparison, Expression, Field, Operator, Present, Subject, parse


class Direction(StrEnum):
    """Which values of a metric are better. It is never guessed from a name."""

    HIGHER = "higher"
    LOWER = "lower"


@dataclass(frozen=True, slots=True, kw_only=True)
class Production:
    """What a model has in production: the version that entered it last, and its value, if it was measured."""

    number: int
    value: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A place on a leaderboard.

    Equal values share a rank, and the ranks behind them are left out. `rank` is None beyond the first 10,000 places.
    `delta` is this value less that of the version in production; None where there is none to compare with.
    """

    rank: int | None
    version: VersionSummary
    point: MetricPoint
    production: Production | None

    @property
    def delta(self) -> float | None:
        """Positive where this value is greater, whichever is better."""
        held = None if self.production is None else self.production.value
        return None if held is None else self.point.value - held


_ORDER = ListOrder(fields={}, default="-metric.<k>", unique="id", values=("metric",))


def read_leaderboard(
    tx: Transaction, model_name: str | None, key: MetricKey, direction: Direction, request: PageRequest
) -> Page[Standing]:
    """The versions that have a metric, of one model or of all, the best first; of equal ones the newest.

    Raises:
        ModelNotFound: there is no such model.
        InvalidInput: no metric can have this name, dataset and slice.
        QuerySyntaxError, InvalidCursor: the request.
    """
    check_metric(key, 0, 0.0, "")
    model_id = None if model_name is None else tx.models.get(model_name).id
    field = Field("metric", str(key))
    expression = _joined(parse(request.q, Subject.VERSIONS), Present(field))
    is_descending = direction is Direction.HIGHER
    sort = (SortKey(f"metric.{key}", is_descending), SortKey("id", is_descending))
    scope = f"leaderboard/{model_id or ''}"
    window = window_of(request, _ORDER, scope, sort=sort)
    rows = tx.search.versions(expression, model_id, window)
    points = tx.metrics.latest_of([version.id for version in rows.items], key)
    held = _production(tx, rows.items, key)
    ranks = _ranks(tx, expression, model_id, field, [points[version.id].value for version in rows.items], direction)
    standings = [
        Standing(rank=rank, version=version, point=points[version.id], production=held.get(version.model_id))
        for rank, version in zip(ranks, rows.items, strict=True)
    ]
    return page_of(Rows(standings, rows.next_after), request, window, scope, None)


def _joined(expression: Expression, more: Expression) -> Expression:
    return And((*expression.operands, more)) if isinstance(expression, And) else And((expression, more))


def _production(tx: Transaction, versions: Sequence[VersionSummary], key: MetricKey) -> Mapping[int, Production]:
    found = tx.versions.in_production({version.model_id for version in versions})
    points = tx.metrics.latest_of([version_id for version_id, _ in found.values()], key)
    return {
        model_id: Production(number=number, value=points[version_id].value if version_id in points else None)
        for model_id, (version_id, number) in found.items()
    }


def _ranks(
    tx: Transaction,
    expression: Expression,
    model_id: int | None,
    field: Field,
    values: Sequence[float],
    direction: Direction,
) -> list[int | None]:
    """The first rank of a page is counted, the others follow from it."""
    if not values:
        return []
    sign = Operator.GREATER if direction is Direction.HIGHER else Operator.LESS
    ahead = tx.search.count_versions(
        _joined(expression, Comparison(field, sign, values[0])), model_id, at_most=MAX_COUNT
    )
    if ahead == MAX_COUNT:
        return [None] * len(values)
    level = values.count(values[0])
    if level < len(values):  # those of the pages before that are level with the first of this one count too
        equal = _joined(expression, Comparison(field, Operator.IS, values[0]))
        ahead_of_page = tx.search.count_versions(equal, model_id, at_most=MAX_COUNT) - level
    else:
        ahead_of_page = 0
    ranks: list[int | None] = [ahead + 1]
    for place, (before, value) in enumerate(pairwise(values), 1):
        ranks.append(ranks[-1] if value == before else ahead + ahead_of_page + place + 1)
    return ranks

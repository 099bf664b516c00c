"""Versions beside each other: comparisons and leaderboards."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import ModuleType
from typing import TYPE_CHECKING, Any

from modelyard.client.answers import Document
from modelyard.client.failures import UnsupportedModel
from modelyard.client.push.measurements import place_of
from modelyard.client.records import moment_of
from modelyard.client.reference import model_path, parse_reference
from modelyard.client.transport import Query, Transport

if TYPE_CHECKING:  # a table for those who have pandas; it is imported when they ask for one
    from pandas import DataFrame


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One thing that versions can have: `section` is `param`, `metric`, `tag` and so on.

    `values` are in the order of the versions, `None` where one has it not; `deltas` of metrics are to the baseline.
    """

    section: str
    name: str
    values: Sequence[Any]
    is_different: bool
    deltas: Sequence[float | None] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """A table of versions.

    Attributes:
        versions: Their references, `churn:3`.
        stages: Their stages.
        rows: What they have.
        baseline: The place in `versions`, from 0, that deltas are taken from.
        is_complete: False where there are more rows than the registry sends.
    """

    versions: Sequence[str]
    stages: Sequence[str]
    rows: Sequence[Row]
    baseline: int
    is_complete: bool

    def differences(self) -> "Comparison":
        """The rows in which not all versions are alike."""
        return Comparison(
            versions=self.versions,
            stages=self.stages,
            rows=[row for row in self.rows if row.is_different],
            baseline=self.baseline,
            is_complete=self.is_complete,
        )

    def to_pandas(self) -> "DataFrame":
        """A column for each version, a row by section and name.

        Raises:
            UnsupportedModel: pandas is not installed.
        """
        pandas = _pandas()
        index = pandas.MultiIndex.from_tuples([(row.section, row.name) for row in self.rows], names=["section", "name"])
        data = [list(row.values) for row in self.rows]
        return pandas.DataFrame(data, index=index, columns=list(self.versions), dtype=object)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A version's place on a leaderboard. `delta` is to what its model has in production, where that was measured."""

    rank: int | None
    model: str
    number: int
    stage: str
    aliases: Sequence[str]
    value: float
    step: int
    recorded_at: datetime
    delta: float | None

    @property
    def reference(self) -> str:
        """`churn:4`."""
        return f"{self.model}:{self.number}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaderboard(Sequence[Standing]):
    """Versions by the latest value of a metric, the best first. A sequence of `Standing`."""

    metric: str
    standings: Sequence[Standing]

    def __len__(self) -> int:
        return len(self.standings)

    def __getitem__(self, place: Any) -> Any:  # noqa: ANN401 # a place or a slice, as of any sequence
        return self.standings[place]

    def __iter__(self) -> Iterator[Standing]:
        return iter(self.standings)

    def to_pandas(self) -> "DataFrame":
        """A row for each place.

        Raises:
            UnsupportedModel: pandas is not installed.
        """
        names = ("rank", "model", "number", "stage", "value", "delta", "step", "recorded_at")
        return _pandas().DataFrame([[getattr(one, name) for name in names] for one in self.standings], columns=names)


def compare(transport: Transport, references: Sequence[str], baseline: int) -> Comparison:
    """Hold versions against each other."""
    found = [parse_reference(text) for text in references]
    models = {reference.model for reference in found}
    if len(models) == 1:
        path, versions = f"{model_path(models.pop())}/compare", ",".join(reference.ref for reference in found)
    else:
        path, versions = "/compare", ",".join(map(str, found))
    document = transport.get(path, {"versions": versions, "baseline": baseline + 1})
    return Comparison(
        versions=[f"{one['model']}:{one['number']}" for one in document["versions"]],
        stages=[one["stage"] for one in document["versions"]],
        rows=[_row(row) for row in document["rows"]],
        baseline=document["baseline"] - 1,
        is_complete=document["is_complete"],
    )


def leaderboard(transport: Transport, metric: str, model: str | None, query: Query, limit: int | None) -> Leaderboard:
    """Rank versions of one model or of all."""
    name, dataset, part = place_of(metric)
    path = f"{model_path(model)}/leaderboard" if model is not None else "/leaderboard"
    asked: Query = {**query, "metric": name, "dataset": dataset, "slice": part}
    return Leaderboard(metric=metric, standings=[_standing(one) for one in transport.items(path, asked, limit)])


def _row(row: Document) -> Row:
    return Row(
        section=row["section"],
        name=row["name"],
        values=[None if cell is None else cell["value"] for cell in row["cells"]],
        is_different=row["is_different"],
        deltas=row["deltas"],
    )


def _standing(one: Document) -> Standing:
    kept = {name: one[name] for name in ("rank", "model", "number", "stage", "aliases", "value", "step", "delta")}
    return Standing(**kept, recorded_at=moment_of(one["recorded_at"]))


def _pandas() -> ModuleType:
    try:
        import pandas
    except ImportError as error:
        raise UnsupportedModel(f"pandas cannot be imported: {error}", hint="Run: pip install pandas") from error
    module: ModuleType = pandas
    return module

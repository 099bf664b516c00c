"""What goes in and out for metrics."""

import re
from typing import Annotated

from pydantic import AwareDatetime, BeforeValidator, Field

from modelyard.application.queries.leaderboard import Direction
from modelyard.application.queries.page import Page
from modelyard.application.services.measuring import MAX_POINTS, Measurement
from modelyard.domain.json_value import MAX_INTEGER
from modelyard.domain.metric import MAX_SLICE, MetricKey, MetricPoint, MetricSummary
from modelyard.domain.names import MAX_KEY
from modelyard.presentation.api.fields import WHOLE, Input, Moment, Output

_TIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})", re.ASCII | re.IGNORECASE)


def _require_rfc3339(value: object) -> object:
    """Pydantic would also take seconds since 1970, as a number or as text."""
    if value is None or (isinstance(value, str) and _TIME.fullmatch(value)):
        return value
    raise ValueError("must be a time with its offset (RFC 3339), such as 2026-01-31T12:00:00Z")


RecordedAt = Annotated[AwareDatetime, BeforeValidator(_require_rfc3339)]
MetricName = Annotated[
    str, Field(min_length=1, max_length=MAX_KEY, examples=["auc"], json_schema_extra={"format": "metric-name"})
]
DatasetName = Annotated[
    str, Field(max_length=MAX_KEY, examples=["holdout"], json_schema_extra={"format": "dataset-name"})
]
SliceText = Annotated[str, Field(max_length=MAX_SLICE, examples=["age<30"], json_schema_extra={"format": "slice"})]
Step = Annotated[int, Field(ge=0, le=MAX_INTEGER, examples=[0]), WHOLE]
Value = Annotated[float, Field(description="A finite number", examples=[0.93])]


class MetricEntry(Input):
    """One measurement."""

    name: MetricName
    value: Value
    step: Step = 0
    dataset: DatasetName = ""
    slice: SliceText = ""
    recorded_at: RecordedAt | None = Field(
        default=None, strict=False, description="Default: now", examples=["2026-01-31T12:00:00Z"]
    )

    def measurement(self, key: MetricKey) -> Measurement:
        """The measurement of this key, which is its own, in the application's terms."""
        return Measurement(key=key, step=self.step, value=self.value, recorded_at=self.recorded_at)


class MetricsAppend(Input):
    """A batch of measurements: all of it is recorded, or nothing."""

    metrics: list[MetricEntry] = Field(min_length=1, max_length=MAX_POINTS)

    def batch(self) -> list[Measurement]:
        """The measurements in the application's terms; equal keys are one object."""
        keys: dict[tuple[str, str, str], MetricKey] = {}
        made = []
        for entry in self.metrics:
            place = (entry.name, entry.dataset, entry.slice)
            key = keys.get(place)
            if key is None:
                key = keys[place] = MetricKey(name=entry.name, dataset=entry.dataset, slice=entry.slice)
            made.append(entry.measurement(key))
        return made


class MetricsAppended(Output):
    """What became of a batch."""

    appended: int = Field(description="How many points are new", examples=[1])
    unchanged: int = Field(description="How many were there already, with the same value", examples=[0])


class MetricRead(Output):
    """The latest value of one metric."""

    name: MetricName
    dataset: DatasetName
    slice: SliceText
    step: Step
    value: Value
    recorded_at: Moment

    @classmethod
    def of(cls, point: MetricPoint) -> "MetricRead":
        """Read it from a point."""
        key = point.key
        return cls(
            name=key.name,
            dataset=key.dataset,
            slice=key.slice,
            step=point.step,
            value=point.value,
            recorded_at=point.recorded_at,
        )


class MetricList(Output):
    """The latest values of a version."""

    items: list[MetricRead]


class MetricSummaryRead(Output):
    """What a metric came to over all its steps."""

    name: MetricName
    dataset: DatasetName
    slice: SliceText
    count: int = Field(description="How many points there are", examples=[100])
    first_step: Step
    latest: "HistoryPoint"
    best: "HistoryPoint" = Field(description="The first point with the best value")
    minimum: Value
    maximum: Value
    mean: Value

    @classmethod
    def of(cls, summary: MetricSummary) -> "MetricSummaryRead":
        """Read it from a summary."""
        key = summary.latest.key
        return cls(
            name=key.name,
            dataset=key.dataset,
            slice=key.slice,
            count=summary.count,
            first_step=summary.first_step,
            latest=HistoryPoint.model_validate(summary.latest),
            best=HistoryPoint.model_validate(summary.best),
            minimum=summary.minimum,
            maximum=summary.maximum,
            mean=summary.mean,
        )


class MetricSummaries(Output):
    """What all metrics of a version came to, slices included."""

    direction: Direction
    items: list[MetricSummaryRead]


class HistoryPoint(Output):
    """One value at one step."""

    step: Step
    value: Value
    recorded_at: Moment


class MetricHistory(Output):
    """The values of one metric by step."""

    name: MetricName
    dataset: DatasetName
    slice: SliceText
    items: list[HistoryPoint]
    next_after_step: int | None = Field(
        description="Where to go on, with `after_step`; null at the end", examples=[999]
    )

    count: int | None = Field(
        default=None,
        description="With `points`: how many there are in all",
        examples=[5000],
        exclude_if=lambda held: held is None,
    )

    @classmethod
    def of(cls, key: MetricKey, page: Page[MetricPoint], count: int | None = None) -> "MetricHistory":
        """Read it from the application's; with `count` the page is a sample of so many."""
        return cls(
            name=key.name,
            dataset=key.dataset,
            slice=key.slice,
            items=[HistoryPoint.model_validate(point) for point in page.items],
            next_after_step=page.items[-1].step if page.next_cursor else None,
            count=count,
        )

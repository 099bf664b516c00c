"""What goes in and out where versions are held against each other."""

from typing import Annotated, Any

from fastapi import Request
from pydantic import Field

from modelyard.application.queries.comparing import MAX_ROWS, MAX_VERSIONS, Comparison, Section
from modelyard.application.queries.leaderboard import Direction, Standing
from modelyard.application.queries.page import DEFAULT_LIMIT, PageRequest
from modelyard.domain.bounds import MAX_PAGE_ITEMS
from modelyard.domain.lifecycle import Stage
from modelyard.domain.metric import MetricKey
from modelyard.domain.query import MAX_CHARACTERS
from modelyard.presentation.api.fields import JSON, ModelName, Moment, NextCursor, Output, VersionNumber
from modelyard.presentation.api.lists import page_size
from modelyard.presentation.api.metrics.schemas import DatasetName, MetricName, SliceText, Step, Value
from modelyard.presentation.http.context import context_of
from modelyard.presentation.plots.response import FORMAT, MAX_SIDE, MIN_SIDE, PlotFormat, PlotParameters


class LeaderboardParameters(PlotParameters):
    """By which metric versions are ranked, and how a plot of them is to look."""

    metric: MetricName
    dataset: DatasetName = ""
    slice: SliceText = ""
    direction: Direction = Field(default=Direction.HIGHER, description="Which values are better")
    q: Annotated[str, Field(json_schema_extra={"format": "query", "maxLength": MAX_CHARACTERS})] = Field(
        default="", description="Only versions that this query finds", examples=["stage:staging"]
    )
    limit: int = Field(default=DEFAULT_LIMIT, ge=1, le=MAX_PAGE_ITEMS, description="How many places")
    cursor: str | None = Field(
        default=None, description="`next_cursor` of the page before", json_schema_extra={"format": "cursor"}
    )

    format: PlotFormat | None = FORMAT

    @property
    def key(self) -> MetricKey:
        """What is ranked by."""
        return MetricKey(name=self.metric, dataset=self.dataset, slice=self.slice)

    def page_request(self, request: Request) -> PageRequest:
        """The request in the application's terms."""
        most = context_of(request).bounds.page_items
        return PageRequest(q=self.q, limit=page_size(self, self.limit, most), most=most, cursor=self.cursor)


class ProductionRead(Output):
    """What the model has in production."""

    number: VersionNumber
    value: float | None = Field(description="Null where it was not measured", examples=[0.92])


class StandingRead(Output):
    """A place on a leaderboard."""

    rank: int | None = Field(description="Equal values share one; null beyond the first 10,000", examples=[1])
    model: ModelName
    number: VersionNumber
    stage: Stage
    aliases: list[str] = Field(examples=[["champion"]])
    value: Value
    step: Step
    recorded_at: Moment
    delta: float | None = Field(description="The value less that of the version in production", examples=[0.01])
    production: ProductionRead | None = Field(description="Null where the model has nothing in production")

    @classmethod
    def of(cls, standing: Standing) -> "StandingRead":
        """Read it from a place."""
        version, point = standing.version, standing.point
        held = standing.production
        return cls(
            rank=standing.rank,
            model=version.model,
            number=version.number,
            stage=version.stage,
            aliases=list(version.aliases),
            value=point.value,
            step=point.step,
            recorded_at=point.recorded_at,
            delta=standing.delta,
            production=None if held is None else ProductionRead.model_validate(held),
        )


class LeaderboardPage(Output):
    """A part of a leaderboard."""

    metric: MetricName
    dataset: DatasetName
    slice: SliceText
    direction: Direction
    items: list[StandingRead]
    next_cursor: NextCursor


class CompareParameters(PlotParameters):
    """Which versions are compared, and how a plot of their metrics is to look; its size is that of a panel."""

    width: int = Field(default=240, ge=MIN_SIDE, le=MAX_SIDE, description="Of a panel of a plot, in pixels")
    height: int = Field(default=160, ge=MIN_SIDE, le=MAX_SIDE, description="Of a panel of a plot, in pixels")
    format: PlotFormat | None = FORMAT
    versions: str = Field(
        max_length=30_000,
        description=f"References, 2 to {MAX_VERSIONS}, with commas between",
        examples=["1,production"],
        json_schema_extra={"format": "version-list"},
    )
    baseline: int = Field(
        default=1, ge=1, le=MAX_VERSIONS, description="The place in this list that deltas are taken from", examples=[1]
    )
    differences: bool = Field(default=False, description="Leave out what is the same everywhere")


class CompareModelsParameters(CompareParameters):
    """Which versions of several models are compared."""

    versions: str = Field(
        max_length=30_000,
        description=f"References with their models, 2 to {MAX_VERSIONS}, with commas between",
        examples=["churn:1,fraud@champion"],
        json_schema_extra={"format": "reference-list"},
    )


class ComparedRead(Output):
    """A version that is compared."""

    model: ModelName
    number: VersionNumber
    stage: Stage
    aliases: list[str] = Field(examples=[["champion"]])


class CellRead(Output):
    """What a version has."""

    value: Annotated[Any, Field(examples=[8], json_schema_extra={**JSON})]


class ComparisonRow(Output):
    """One thing that versions can have."""

    section: Section
    name: str = Field(examples=["max_depth"])
    cells: list[CellRead | None] = Field(description="In the order of the versions; null where one has it not")
    is_different: bool
    deltas: list[float | None] | None = Field(
        description="Of metrics: the value less that of the baseline", examples=[[0.0, 0.02]]
    )


class ComparisonRead(Output):
    """Versions beside each other."""

    versions: list[ComparedRead]
    baseline: int = Field(description="The place, from 1, that deltas are taken from", examples=[1])
    rows: list[ComparisonRow]
    is_complete: bool = Field(description=f"False where there are more than {MAX_ROWS:,} rows, which are left out")

    @classmethod
    def of(cls, found: Comparison) -> "ComparisonRead":
        """Read it from a comparison, whose places count from 0."""
        document = {
            "versions": found.versions,
            "baseline": found.baseline + 1,
            "rows": found.rows,
            "is_complete": found.is_complete,
        }
        return cls.model_validate(document, from_attributes=True)

"""The routes of metrics."""

from enum import StrEnum
from functools import partial
from typing import Annotated

from fastapi import Query, Request, Response
from pydantic import Field

from modelyard.application.ports.answers import Answer
from modelyard.application.ports.database import Database
from modelyard.application.queries.leaderboard import Direction
from modelyard.application.queries.page import Page, PageRequest
from modelyard.application.queries.walking import walk
from modelyard.application.services import measuring
from modelyard.domain import errors
from modelyard.domain.errors import FieldError, InvalidInput
from modelyard.domain.json_value import MAX_INTEGER
from modelyard.domain.metric import MetricKey, MetricPoint, Sampled
from modelyard.domain.names import check_key
from modelyard.domain.permission import Permission
from modelyard.domain.reference import Reference, parse_reference
from modelyard.presentation.api.addresses import MetricPath, ModelPath, VersionRef
from modelyard.presentation.api.metrics.schemas import (
    DatasetName,
    HistoryPoint,
    MetricHistory,
    MetricList,
    MetricRead,
    MetricsAppend,
    MetricsAppended,
    MetricSummaries,
    MetricSummaryRead,
    SliceText,
    Step,
)
from modelyard.presentation.exports.formats import ExportFormat
from modelyard.presentation.exports.response import Export, export_response, exported
from modelyard.presentation.http import documentation as docs
from modelyard.presentation.http.answers import json_answer, json_body, tag_of, tagged_response, write_once
from modelyard.presentation.http.conditions import has_current
from modelyard.presentation.http.context import context_of, principal_of
from modelyard.presentation.http.forms import wanted_form
from modelyard.presentation.http.routing import registry_router
from modelyard.presentation.plots.history import history_plot
from modelyard.presentation.plots.response import (
    PLOT_ERRORS,
    PlotFormat,
    PlotParameters,
    plot_response,
    plotted,
)

router = registry_router("metrics")

_DIRECTION: Direction = Query(default=Direction.HIGHER, description="Which values are better")

MISSING: docs.Errors = (errors.ModelNotFound, errors.VersionNotFound)


DEFAULT_POINTS = 1_000
MAX_POINTS = 10_000
PLOTTED = 1_000
"""Points of a plot: more than a picture has places for."""


class HistoryFormat(StrEnum):
    """The form of a history: a page as JSON, all of it as a file, or a plot."""

    JSON = "json"
    CSV = "csv"
    JSONL = "jsonl"
    PARQUET = "parquet"
    VEGALITE = "vegalite"
    SVG = "svg"
    PNG = "png"


_FILES = {HistoryFormat.CSV, HistoryFormat.JSONL, HistoryFormat.PARQUET}


class HistoryParameters(PlotParameters):
    """Which points of one metric, and how a plot of them is to look."""

    dataset: DatasetName = ""
    slice: SliceText = ""
    after_step: Step | None = Field(default=None, description="Only points beyond this step")
    limit: int = Field(
        default=DEFAULT_POINTS,
        ge=1,
        le=MAX_INTEGER,
        description=f"How many points: of a page at most {MAX_POINTS:,}; of another form any, and all without it",
    )
    points: int | None = Field(
        default=None,
        ge=2,
        le=10_000,
        description="The whole history in at most so many points, which keep its extremes; 1,000 of a plot",
        examples=[500],
    )
    format: HistoryFormat | None = Field(
        default=None, description="A page as JSON, all points as a file, or a plot; it comes before `Accept`"
    )

    def at_most(self) -> int | None:
        """How many points another form than a page may have: all, unless the caller said so."""
        return self.limit if "limit" in self.model_fields_set else None

    def sampled(self, default: int) -> int:
        """How many points of the whole history are wanted.

        Raises:
            InvalidInput: only a part of it was asked for.
        """
        if self.model_fields_set & {"limit", "after_step"}:
            message = "goes with neither limit nor after_step: it is of the whole history, and so is a plot"
            raise InvalidInput(f"points {message}", errors=[FieldError(pointer="points", message=message)])
        return self.points or default

    def page_request(self) -> PageRequest:
        """A page of JSON.

        Raises:
            InvalidInput: it would have more than 10,000 points.
        """
        if self.limit > MAX_POINTS:
            message = f"must be 1 to {MAX_POINTS:,}"
            raise InvalidInput(f"limit {message}", errors=[FieldError(pointer="limit", message=message)])
        return PageRequest(limit=self.limit)


_PLOT_TAG = docs.header(
    "The state of what is no file, for If-None-Match", '"5d41402abc4b2a76b9719d911017c592"', is_always_there=False
)
_HISTORY = {
    200: exported("step,value,…\r\n0,0.93,…\r\n", '{"step":0,"value":0.93,…}\n', plotted(), {"ETag": _PLOT_TAG}),
    **docs.NOT_MODIFIED,
}


@router.post(
    "/models/{model}/versions/{ref}/metrics",
    status_code=201,
    response_model=MetricsAppended,
    **docs.documented(
        Permission.METRICS_APPEND,
        errors=(*docs.TAKES_JSON, *docs.ONCE, *MISSING, errors.MetricConflict),
        answers={201: {"headers": docs.REPLAYED}},
        parameters=[docs.ACTOR, docs.IDEMPOTENCY_KEY],
    ),
)
async def append_metrics(request: Request, model: ModelPath, ref: VersionRef, batch: MetricsAppend) -> Response:
    """Append up to 10,000 measurements, all or none, at any time after registration.

    A point that is there with the same value stays as it is, so a batch can be sent again safely.
    """
    return await write_once(
        request,
        await request.body(),
        _rendered,
        measuring.append_metrics,
        principal_of(request),
        model,
        parse_reference(ref),
        batch.batch(),
    )


@router.get(
    "/models/{model}/versions/{ref}/metrics",
    response_model=MetricList,
    **docs.documented(Permission.MODELS_READ, errors=(*docs.READS, *MISSING)),
)
async def list_metrics(request: Request, model: ModelPath, ref: VersionRef) -> MetricList:
    """List the latest value of each metric of a version, slices included."""
    points = await context_of(request).database.scan(measuring.list_metrics, model, parse_reference(ref))
    return MetricList(items=[MetricRead.of(point) for point in points])


@router.get(
    "/models/{model}/versions/{ref}/metrics/summary",
    response_model=MetricSummaries,
    **docs.documented(Permission.MODELS_READ, errors=(*docs.READS, *MISSING)),
)
async def summarise_metrics(
    request: Request,
    model: ModelPath,
    ref: VersionRef,
    direction: Direction = _DIRECTION,
) -> MetricSummaries:
    """Read what each metric of a version came to over all its steps: latest, best, smallest, greatest and mean."""
    summarise = partial(measuring.summarise_metrics, is_higher_better=direction is Direction.HIGHER)
    found = await context_of(request).database.scan(summarise, model, parse_reference(ref))
    return MetricSummaries(direction=direction, items=[MetricSummaryRead.of(summary) for summary in found])


@router.get(
    "/models/{model}/versions/{ref}/metrics/{name}/history",
    response_model=MetricHistory,
    **docs.documented(
        Permission.MODELS_READ,
        errors=(*docs.READS, *MISSING, *PLOT_ERRORS),
        answers=_HISTORY,
        parameters=[docs.IF_NONE_MATCH],
    ),
)
async def read_history(
    request: Request, model: ModelPath, ref: VersionRef, name: MetricPath, wanted: Annotated[HistoryParameters, Query()]
) -> Response:
    """Read the values of one metric by step, export or plot them; dataset and slice are parameters."""
    key, context = _key_of(name, wanted), context_of(request)
    read = partial(_read_points, context.database, model, parse_reference(ref), key, wanted.after_step)
    sampled = partial(_sample_points, context.database, model, parse_reference(ref), key)
    form = wanted_form(request, wanted.format, HistoryFormat)
    has_current(request, "")  # a file has no tag, but a header that cannot be read is refused of all forms
    if form in _FILES:
        pages = walk(read, PageRequest(), at_most=wanted.at_most())
        show, file_name = HistoryPoint.model_validate, f"{model}-{ref}-{name}"
        export = Export(pages=pages, schema=HistoryPoint, show=show, file_name=file_name)
        return await export_response(request, ExportFormat(form), export)
    if form is not HistoryFormat.JSON:
        sample = await sampled(wanted.sampled(PLOTTED))
        plot = history_plot(f"{model}:{ref}", key, sample, wanted.look())
        return await plot_response(request, context.plot_renderer, PlotFormat(form), plot)
    if wanted.points is not None:
        sample = await sampled(wanted.sampled(PLOTTED))
        history = MetricHistory.of(key, Page(items=sample.points, next_cursor=None, total=None), sample.count)
    else:
        history = MetricHistory.of(key, await read(wanted.page_request()))
    body = json_body(history)
    answer = tagged_response(request, tag_of(body), lambda: body)
    answer.headers["Vary"] = "Accept"
    return answer


def _key_of(name: str, wanted: HistoryParameters) -> MetricKey:
    check_key(name, "name", forbidden="@/")
    if wanted.dataset:
        check_key(wanted.dataset, "dataset", forbidden="@/")
    return MetricKey(name=name, dataset=wanted.dataset, slice=wanted.slice)


async def _sample_points(database: Database, model: str, reference: Reference, key: MetricKey, at_most: int) -> Sampled:
    return await database.scan(partial(measuring.sample_history, at_most=at_most), model, reference, key)


async def _read_points(
    database: Database, model: str, reference: Reference, key: MetricKey, after_step: int | None, page: PageRequest
) -> Page[MetricPoint]:
    """A page of points; its cursor is the step of the last one."""
    after = after_step if page.cursor is None else int(page.cursor)
    read = partial(measuring.metric_history, after_step=after, limit=page.limit + 1)
    points = await database.scan(read, model, reference, key)
    next_cursor = str(points[page.limit - 1].step) if len(points) > page.limit else None
    return Page(items=points[: page.limit], next_cursor=next_cursor, total=None)


def _rendered(appended: measuring.Appended) -> Answer:
    return json_answer(MetricsAppended.model_validate(appended), 201)

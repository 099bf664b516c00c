"""The routes of metrics."""

from functools import partial
from typing import Annotated

from fastapi import Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from modelyard.application.ports.answers import Answer
from modelyard.application.ports.database import Database
from modelyard.application.queries.page import Page, PageRequest
from modelyard.application.queries.walking import walk
from modelyard.application.services import measuring
from modelyard.domain import errors
from modelyard.domain.errors import FieldError, InvalidInput
from modelyard.domain.form_errors import FormatUnavailable
from modelyard.domain.json_value import MAX_INTEGER
from modelyard.domain.metric import MetricKey, MetricPoint
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
    SliceText,
    Step,
)
from modelyard.presentation.exports.formats import ExportFormat, wanted_format
from modelyard.presentation.exports.response import Export, export_response, exported
from modelyard.presentation.http import documentation as docs
from modelyard.presentation.http.answers import json_answer, json_body, write_once
from modelyard.presentation.http.context import context_of, principal_of
from modelyard.presentation.http.routing import registry_router

router = registry_router("metrics")

MISSING: docs.Errors = (errors.ModelNotFound, errors.VersionNotFound)


DEFAULT_POINTS = 1_000
MAX_POINTS = 10_000


class HistoryParameters(BaseModel):
    """Which points of one metric."""

    model_config = ConfigDict(extra="forbid")

    dataset: DatasetName = ""
    slice: SliceText = ""
    after_step: Step | None = Field(default=None, description="Only points beyond this step")
    limit: int = Field(
        default=DEFAULT_POINTS,
        ge=1,
        le=MAX_INTEGER,
        description=f"How many points: of a page at most {MAX_POINTS:,}; of another form any, and all without it",
    )
    format: ExportFormat | None = Field(
        default=None, description="A page as JSON, or all points in another form; it comes before `Accept`"
    )

    def at_most(self) -> int | None:
        """How many points another form than a page may have: all, unless the caller said so."""
        return self.limit if "limit" in self.model_fields_set else None

    def page_request(self) -> PageRequest:
        """A page of JSON.

        Raises:
            InvalidInput: it would have more than 10,000 points.
        """
        if self.limit > MAX_POINTS:
            message = f"must be 1 to {MAX_POINTS:,}"
            raise InvalidInput(f"limit {message}", errors=[FieldError(pointer="limit", message=message)])
        return PageRequest(limit=self.limit)


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
    "/models/{model}/versions/{ref}/metrics/{name}/history",
    response_model=MetricHistory,
    **docs.documented(
        Permission.MODELS_READ,
        errors=(*docs.READS, *MISSING, FormatUnavailable),
        answers={200: exported("step,value,…\r\n0,0.93,…\r\n", '{"step":0,"value":0.93,…}\n', headers={})},
    ),
)
async def read_history(
    request: Request, model: ModelPath, ref: VersionRef, name: MetricPath, wanted: Annotated[HistoryParameters, Query()]
) -> Response:
    """Read the values of one metric by step, or export them; dataset and slice are parameters, not part of the name."""
    key = _key_of(name, wanted)
    read = partial(_read_points, context_of(request).database, model, parse_reference(ref), key, wanted.after_step)
    form = wanted_format(request, wanted.format)
    if form is not ExportFormat.JSON:
        pages = walk(read, PageRequest(), at_most=wanted.at_most())
        show, file_name = HistoryPoint.model_validate, f"{model}-{ref}-{name}"
        export = Export(pages=pages, schema=HistoryPoint, show=show, file_name=file_name)
        return await export_response(request, form, export)
    page = await read(wanted.page_request())
    return Response(json_body(MetricHistory.of(key, page)), 200, {"Vary": "Accept"}, "application/json")


def _key_of(name: str, wanted: HistoryParameters) -> MetricKey:
    check_key(name, "name", forbidden="@/")
    if wanted.dataset:
        check_key(wanted.dataset, "dataset", forbidden="@/")
    return MetricKey(name=name, dataset=wanted.dataset, slice=wanted.slice)


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

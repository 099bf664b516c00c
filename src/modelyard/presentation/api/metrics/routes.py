"""The routes of metrics."""

from functools import partial
from typing import Annotated

from fastapi import Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from modelyard.application.ports.answers import Answer
from modelyard.application.queries.leaderboard import Direction
from modelyard.application.services import measuring
from modelyard.domain import errors
from modelyard.domain.errors import FieldError, InvalidInput
from modelyard.domain.metric import MetricKey
from modelyard.domain.names import check_key
from modelyard.domain.permission import Permission
from modelyard.domain.reference import parse_reference
from modelyard.presentation.api.addresses import MetricPath, ModelPath, VersionRef
from modelyard.presentation.api.metrics.schemas import (
    DatasetName,
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
from modelyard.presentation.http import documentation as docs
from modelyard.presentation.http.answers import json_answer, write_once
from modelyard.presentation.http.context import context_of, principal_of
from modelyard.presentation.http.routing import registry_router

router = registry_router("metrics")

_DIRECTION: Direction = Query(default=Direction.HIGHER, description="Which values are better")

MISSING: docs.Errors = (errors.ModelNotFound, errors.VersionNotFound)


class HistoryParameters(BaseModel):
    """Which points of one metric."""

    model_config = ConfigDict(extra="forbid")

    dataset: DatasetName = ""
    slice: SliceText = ""
    after_step: Step | None = Field(default=None, description="Only points beyond this step")
    limit: int | None = Field(default=None, ge=1, le=10_000, description="How many points; 1,000 if nothing is said")
    points: int | None = Field(
        default=None,
        ge=2,
        le=10_000,
        description="The whole history in at most so many points, which keep its extremes",
        examples=[500],
    )


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
    **docs.documented(Permission.MODELS_READ, errors=(*docs.READS, *MISSING)),
)
async def read_history(
    request: Request, model: ModelPath, ref: VersionRef, name: MetricPath, wanted: Annotated[HistoryParameters, Query()]
) -> MetricHistory:
    """Read the values of one metric by step; dataset and slice are parameters, not part of the name."""
    check_key(name, "name", forbidden="@/")
    if wanted.dataset:
        check_key(wanted.dataset, "dataset", forbidden="@/")
    key = MetricKey(name=name, dataset=wanted.dataset, slice=wanted.slice)
    database = context_of(request).database
    if wanted.points is not None:
        if wanted.limit is not None or wanted.after_step is not None:
            message = "goes with neither limit nor after_step: it is of the whole history"
            raise InvalidInput(f"points {message}", errors=[FieldError(pointer="points", message=message)])
        sample = partial(measuring.sample_history, at_most=wanted.points)
        sampled = await database.scan(sample, model, parse_reference(ref), key)
        return MetricHistory.of(key, sampled.points, wanted.points, sampled.count)
    limit = 1_000 if wanted.limit is None else wanted.limit
    read = partial(measuring.metric_history, after_step=wanted.after_step, limit=limit + 1)
    return MetricHistory.of(key, await database.scan(read, model, parse_reference(ref), key), limit)


def _rendered(appended: measuring.Appended) -> Answer:
    return json_answer(MetricsAppended.model_validate(appended), 201)

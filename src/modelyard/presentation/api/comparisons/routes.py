"""The routes of leaderboards and comparisons."""

from collections.abc import Iterator
from functools import partial
from typing import Annotated

from fastapi import Query, Request, Response

from modelyard.application.queries.comparing import Comparison, Section, compare_versions
from modelyard.application.queries.leaderboard import read_leaderboard
from modelyard.domain import errors
from modelyard.domain.errors import FieldError, InvalidInput
from modelyard.domain.model_version import ModelVersion, VersionSummary
from modelyard.domain.permission import Permission
from modelyard.domain.reference import Reference, parse_full_reference, parse_reference
from modelyard.presentation.api.addresses import ModelPath
from modelyard.presentation.api.comparisons.schemas import (
    CompareModelsParameters,
    CompareParameters,
    ComparisonRead,
    LeaderboardPage,
    LeaderboardParameters,
    StandingRead,
)
from modelyard.presentation.http import documentation as docs
from modelyard.presentation.http.access import require, scan_seen
from modelyard.presentation.http.answers import json_body, page_response, tag_of, tagged_response
from modelyard.presentation.http.conditions import has_current
from modelyard.presentation.http.context import context_of
from modelyard.presentation.http.forms import wanted_form
from modelyard.presentation.http.routing import registry_router
from modelyard.presentation.plots.comparison import Measured, comparison_plot
from modelyard.presentation.plots.leaderboard import Bar, leaderboard_plot
from modelyard.presentation.plots.response import PLOT_ERRORS, PlotFormat, plot_response, plotted

router = registry_router("comparisons")

RANKS: docs.Errors = (
    *(*docs.READS, errors.QuerySyntaxError, errors.QueryTooCostly, errors.InvalidCursor),
    *PLOT_ERRORS,
)
PLOTTED = {"content": plotted()}
MISSING: docs.Errors = (errors.ModelNotFound, errors.VersionNotFound)


@router.get(
    "/models/{model}/leaderboard",
    response_model=LeaderboardPage,
    **docs.documented(
        Permission.MODELS_READ,
        errors=(*RANKS, errors.ModelNotFound),
        answers={200: {"headers": docs.LINK, **PLOTTED}, **docs.NOT_MODIFIED},
        parameters=[docs.IF_NONE_MATCH],
    ),
)
async def read_model_leaderboard(
    request: Request, model: ModelPath, wanted: Annotated[LeaderboardParameters, Query()]
) -> Response:
    """Rank the versions of a model by the latest value of a metric, beside the one in production."""
    return await _leaderboard(request, model, wanted)


@router.get(
    "/leaderboard",
    response_model=LeaderboardPage,
    **docs.documented(
        Permission.MODELS_READ,
        errors=RANKS,
        answers={200: {"headers": docs.LINK, **PLOTTED}, **docs.NOT_MODIFIED},
        parameters=[docs.IF_NONE_MATCH],
    ),
)
async def read_overall_leaderboard(request: Request, wanted: Annotated[LeaderboardParameters, Query()]) -> Response:
    """Rank the versions of all models by the latest value of a metric, each beside what its model has in production."""
    return await _leaderboard(request, None, wanted)


@router.get(
    "/models/{model}/compare",
    response_model=ComparisonRead,
    **docs.documented(
        Permission.MODELS_READ,
        errors=(*docs.READS, *MISSING, *PLOT_ERRORS),
        answers={200: PLOTTED, **docs.NOT_MODIFIED},
        parameters=[docs.IF_NONE_MATCH],
    ),
)
async def compare_versions_of_model(
    request: Request, model: ModelPath, wanted: Annotated[CompareParameters, Query()]
) -> Response:
    """Compare versions of one model: `versions=1,2,production,@champion`."""
    return await _compare(request, [(model, parse_reference(text, "versions")) for text in _listed(wanted)], wanted)


@router.get(
    "/compare",
    response_model=ComparisonRead,
    **docs.documented(
        Permission.MODELS_READ,
        errors=(*docs.READS, *MISSING, *PLOT_ERRORS),
        answers={200: PLOTTED, **docs.NOT_MODIFIED},
        parameters=[docs.IF_NONE_MATCH],
    ),
)
async def compare(request: Request, wanted: Annotated[CompareModelsParameters, Query()]) -> Response:
    """Compare versions of several models: `versions=churn:3,fraud:production,fraud@champion`."""
    versions = [parse_full_reference(text, "versions") for text in _listed(wanted)]
    for model, _ in versions:
        require(request, Permission.MODELS_READ, model)
    return await _compare(request, versions, wanted)


def _listed(wanted: CompareParameters) -> list[str]:
    return [text.strip() for text in wanted.versions.split(",")]


async def _leaderboard(request: Request, model: str | None, wanted: LeaderboardParameters) -> Response:
    key, context = wanted.key, context_of(request)
    form = wanted_form(request, wanted.format, PlotFormat)
    page = await scan_seen(request, read_leaderboard, model, key, wanted.direction, wanted.page_request(request))
    if form is not PlotFormat.JSON:
        bars = [Bar(version=_name(s.version), stage=s.version.stage, value=s.point.value) for s in page.items]
        title = f"{key} of {model}" if model else str(key)
        plot = leaderboard_plot(title, f"{wanted.direction.value} is better", bars, wanted.look())
        return await plot_response(request, context.plot_renderer, form, plot)
    answer = LeaderboardPage(
        metric=key.name,
        dataset=key.dataset,
        slice=key.slice,
        direction=wanted.direction,
        items=[StandingRead.of(standing) for standing in page.items],
        next_cursor=page.next_cursor,
    )
    has_current(request, "")  # a page has no tag, but a header that cannot be read is refused of all forms
    response = page_response(request, answer, page.next_cursor)
    response.headers["Vary"] = "Accept"
    return response


async def _compare(request: Request, versions: list[tuple[str, Reference]], wanted: CompareParameters) -> Response:
    if wanted.baseline > len(versions):
        message = f"must be one of the {len(versions)} places of the list"
        raise InvalidInput(f"baseline {message}", errors=[FieldError(pointer="baseline", message=message)])
    context, form = context_of(request), wanted_form(request, wanted.format, PlotFormat)
    run = partial(compare_versions, only_differences=wanted.differences)
    found = await context.database.scan(run, versions, wanted.baseline - 1)
    if form is not PlotFormat.JSON:
        title = " and ".join(dict.fromkeys(version.model for version in found.versions))
        subtitle = f"{len(found.versions)} versions"
        plot = comparison_plot(title, subtitle, list(_measured(found)), wanted.look())
        return await plot_response(request, context.plot_renderer, form, plot)
    body = json_body(ComparisonRead.of(found))
    answer = tagged_response(request, tag_of(body), lambda: body)
    answer.headers["Vary"] = "Accept"
    return answer


def _measured(found: Comparison) -> Iterator[Measured]:
    for row in found.rows:
        for version, cell in zip(found.versions, row.cells, strict=True):
            if row.section is Section.METRICS and cell is not None and isinstance(cell.value, int | float):
                yield Measured(metric=row.name, version=_name(version), stage=version.stage, value=cell.value)


def _name(version: VersionSummary | ModelVersion) -> str:
    return f"{version.model}:{version.number}"

"""The routes of leaderboards and comparisons."""

from functools import partial
from typing import Annotated

from fastapi import Query, Request, Response

from modelyard.application.queries.comparing import compare_versions
from modelyard.application.queries.leaderboard import read_leaderboard
from modelyard.domain import errors
from modelyard.domain.errors import FieldError, InvalidInput
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
from modelyard.presentation.http.answers import page_response
from modelyard.presentation.http.context import context_of
from modelyard.presentation.http.routing import registry_router

router = registry_router("comparisons")

RANKS: docs.Errors = (*docs.READS, errors.QuerySyntaxError, errors.QueryTooCostly, errors.InvalidCursor)
MISSING: docs.Errors = (errors.ModelNotFound, errors.VersionNotFound)


@router.get(
    "/models/{model}/leaderboard",
    response_model=LeaderboardPage,
    **docs.documented(
        Permission.MODELS_READ, errors=(*RANKS, errors.ModelNotFound), answers={200: {"headers": docs.LINK}}
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
    **docs.documented(Permission.MODELS_READ, errors=RANKS, answers={200: {"headers": docs.LINK}}),
)
async def read_overall_leaderboard(request: Request, wanted: Annotated[LeaderboardParameters, Query()]) -> Response:
    """Rank the versions of all models by the latest value of a metric, each beside what its model has in production."""
    return await _leaderboard(request, None, wanted)


@router.get(
    "/models/{model}/compare",
    response_model=ComparisonRead,
    **docs.documented(Permission.MODELS_READ, errors=(*docs.READS, *MISSING)),
)
async def compare_versions_of_model(
    request: Request, model: ModelPath, wanted: Annotated[CompareParameters, Query()]
) -> ComparisonRead:
    """Compare versions of one model: `versions=1,2,production,@champion`."""
    return await _compare(request, [(model, parse_reference(text, "versions")) for text in _listed(wanted)], wanted)


@router.get(
    "/compare",
    response_model=ComparisonRead,
    **docs.documented(Permission.MODELS_READ, errors=(*docs.READS, *MISSING)),
)
async def compare(request: Request, wanted: Annotated[CompareModelsParameters, Query()]) -> ComparisonRead:
    """Compare versions of several models: `versions=churn:3,fraud:production,fraud@champion`."""
    return await _compare(request, [parse_full_reference(text, "versions") for text in _listed(wanted)], wanted)


def _listed(wanted: CompareParameters) -> list[str]:
    return [text.strip() for text in wanted.versions.split(",")]


async def _leaderboard(request: Request, model: str | None, wanted: LeaderboardParameters) -> Response:
    key = wanted.key
    page = await context_of(request).database.scan(
        read_leaderboard, model, key, wanted.direction, wanted.page_request()
    )
    answer = LeaderboardPage(
        metric=key.name,
        dataset=key.dataset,
        slice=key.slice,
        direction=wanted.direction,
        items=[StandingRead.of(standing) for standing in page.items],
        next_cursor=page.next_cursor,
    )
    return page_response(request, answer, page.next_cursor)


async def _compare(
    request: Request, versions: list[tuple[str, Reference]], wanted: CompareParameters
) -> ComparisonRead:
    if wanted.baseline > len(versions):
        message = f"must be one of the {len(versions)} places of the list"
        raise InvalidInput(f"baseline {message}", errors=[FieldError(pointer="baseline", message=message)])
    run = partial(compare_versions, only_differences=wanted.differences)
    found = await context_of(request).database.scan(run, versions, wanted.baseline - 1)
    return ComparisonRead.model_validate(
        {
            "versions": found.versions,
            "baseline": found.baseline + 1,
            "rows": found.rows,
            "is_complete": found.is_complete,
        },
        from_attributes=True,
    )

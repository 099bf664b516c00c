"""The page that holds versions against each other."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import Query, Request, Response

from modelyard.application.ports.database import Transaction
from modelyard.application.queries.comparing import MAX_VERSIONS, Comparison, compare_versions
from modelyard.application.queries.courses import Courses, compare_courses
from modelyard.domain.errors import FieldError, InvalidInput
from modelyard.domain.permission import Permission
from modelyard.domain.reference import Reference, parse_full_reference
from modelyard.presentation.http.access import require, scan_seen
from modelyard.presentation.http.context import context_of
from modelyard.presentation.web.page import page, page_router
from modelyard.presentation.web.pages.compare.address import ComparedAddress
from modelyard.presentation.web.pages.compare.choosing import choosing_view, read_candidates
from modelyard.presentation.web.pages.compare.view import MOST_COURSES, MOST_LINES, compare_view
from modelyard.presentation.web.rendering import show

router = page_router()

_POINTS = 200

_Wanted = list[tuple[str, Reference]]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    comparison: Comparison
    courses: Courses
    now: datetime


@router.get("/compare", **page(Permission.MODELS_READ))
async def show_comparison(
    request: Request,
    version: Annotated[list[str], Query(default_factory=list, max_length=MAX_VERSIONS + 1)],
    baseline: Annotated[int, Query(ge=1, le=MAX_VERSIONS)] = 1,
    differences: bool = False,
    choose: bool = False,
) -> Response:
    """Versions beside each other: what differs, and plots of it. With less than two: what there is to choose from."""
    named = list(dict.fromkeys(text.strip() for text in version if text.strip()))
    wanted = [parse_full_reference(text, "version") for text in named]
    for model, _ in wanted:
        require(request, Permission.MODELS_READ, model)
    if choose or len(wanted) < 2:
        found = await scan_seen(request, read_candidates, wanted)
        return await show(request, "compare_choosing.html", choosing_view(found))
    if baseline > len(wanted):
        message = f"must be one of the {len(wanted)} places of the list"
        raise InvalidInput(f"baseline {message}", errors=[FieldError(pointer="baseline", message=message)])
    address = ComparedAddress(versions=named, baseline=baseline, has_differences_only=differences)
    compared = await context_of(request).database.scan(_read, wanted, baseline - 1, only_differences=differences)
    view = compare_view(compared.comparison, compared.courses, address, compared.now)
    return await show(request, "compare.html", view)


def _read(tx: Transaction, wanted: _Wanted, baseline: int, *, only_differences: bool) -> _Found:
    comparison = compare_versions(tx, wanted, baseline, only_differences=only_differences)
    courses = compare_courses(tx, comparison.versions[:MOST_LINES], keys=MOST_COURSES, points=_POINTS)
    return _Found(comparison=comparison, courses=courses, now=tx.now)

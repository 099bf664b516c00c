"""A search as people look at it: each version with the way that one of its metrics has taken over the versions."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from modelyard.application.ports.database import Transaction
from modelyard.application.queries.listing import list_versions
from modelyard.application.queries.page import Page, PageRequest
from modelyard.domain.metric import MetricKey
from modelyard.domain.model_version import VersionSummary

TREND = 20
"""Versions that a trend looks back at."""

Trend = Sequence[tuple[int, float]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A page of versions, and by surrogate key the trend of those that have a leading metric."""

    now: datetime
    page: Page[VersionSummary]
    trends: Mapping[int, Trend]


def find_versions(
    tx: Transaction,
    model_name: str | None,
    request: PageRequest,
    leading: Callable[[VersionSummary], MetricKey | None],
) -> Found:
    """Versions that a query fits, of one model or of all; `leading` says which metric of each is followed.

    Raises:
        ModelNotFound, QuerySyntaxError, InvalidCursor, InvalidInput, QueryTooCostly: as `list_versions`.
    """
    page = list_versions(tx, model_name, request)
    trends = {
        version.id: tx.metrics.trend(version.model_id, key, up_to=version.number, within=TREND)
        for version in page.items
        if (key := leading(version)) is not None
    }
    return Found(now=tx.now, page=page, trends=trends)

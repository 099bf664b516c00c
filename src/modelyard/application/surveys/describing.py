"""All that the page of a model tells of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from modelyard.application.ports.aliases import Alias
from modelyard.application.ports.database import Transaction
from modelyard.application.ports.events import EventFilter
from modelyard.application.queries.finding import Trend
from modelyard.application.queries.history import list_events
from modelyard.application.queries.listing import list_versions
from modelyard.application.queries.page import Page, PageRequest
from modelyard.application.queries.places import Interval, PlaceFilter, list_timeline
from modelyard.application.services.approving import Standing, standing_of
from modelyard.application.services.governing import Governing, governing
from modelyard.domain.access.standing import Visibility
from modelyard.domain.approval import RequestStatus
from modelyard.domain.event import Event
from modelyard.domain.lifecycle import Stage
from modelyard.domain.metric import MetricKey
from modelyard.domain.model_version import VersionSummary
from modelyard.domain.registered_model import RegisteredModel

TREND = 200
"""Versions that the way of a metric looks back at."""

_EVENTS = 12
_INTERVALS = 12
_REQUESTS = 10

Choice = Callable[[Sequence[VersionSummary]], MetricKey | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """A model, one page of its versions, and what goes on around them; the latest first."""

    now: datetime
    model: RegisteredModel
    versions: Page[VersionSummary]
    shown: VersionSummary | None
    """Whose card speaks for the model: of the version in production, else of the newest."""
    card: str
    aliases: Sequence[Alias]
    governing: Governing
    in_production: Sequence[Interval]
    requests: Sequence[Standing]
    events: Sequence[Event]
    trend_of: MetricKey | None
    trend: Trend


def describe_model(
    tx: Transaction, model_name: str, visible: Visibility, request: PageRequest, choose: Choice
) -> Described:
    """Read it, of the history what is visible; `choose` says of these versions which metric's way is told.

    Raises:
        ModelNotFound: there is no such model.
        QuerySyntaxError, InvalidCursor, InvalidInput: the request.
    """
    model = tx.models.get(model_name)
    versions = list_versions(tx, model_name, request)
    shown = _shown(tx, model)
    key = choose(versions.items)
    unclosed = tx.requests.all_unclosed(model_id=model.id, beyond=None, limit=_REQUESTS)
    asked = [standing_of(tx, model, request) for request in unclosed]
    wanted = PlaceFilter(stage=Stage.PRODUCTION)
    return Described(
        now=tx.now,
        model=model,
        versions=versions,
        shown=shown,
        card=tx.search.cards([shown.id]).get(shown.id, "") if shown else "",
        aliases=tx.aliases.of_model(model.id),
        governing=governing(tx, model.id, model.name),
        in_production=list_timeline(tx, model_name, wanted, PageRequest(limit=_INTERVALS)).items,
        requests=[standing for standing in asked if standing.status is RequestStatus.OPEN],
        events=list_events(tx, model_name, EventFilter(visible=visible), PageRequest(limit=_EVENTS)).items,
        trend_of=key,
        trend=tx.metrics.trend(model.id, key, up_to=model.latest_version or 0, within=TREND) if key else (),
    )


def _shown(tx: Transaction, model: RegisteredModel) -> VersionSummary | None:
    found = list_versions(tx, model.name, PageRequest(q="stage:production", sort="-number", limit=1)).items
    return next(iter(found or tx.versions.newest(model.name, limit=1)), None)

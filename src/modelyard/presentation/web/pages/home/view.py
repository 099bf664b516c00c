"""What the home page shows."""

from dataclasses import dataclass
from datetime import datetime

from modelyard.application.surveys.overview import IN_PRODUCTION, Overview
from modelyard.domain.model_version import VersionSummary
from modelyard.presentation.web.formats import MomentView, moment, number_text
from modelyard.presentation.web.links import model_link, search_link, version_link
from modelyard.presentation.web.views.event import EventView, event_view
from modelyard.presentation.web.views.request import RequestView, request_view

_METRICS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductionView:
    """A version that serves now."""

    model: str
    model_href: str
    number: int
    href: str
    since: MomentView
    description: str
    metrics: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeView:
    """The home page. `all_in_production` is the address of the whole list where there are more than are shown."""

    in_production: tuple[ProductionView, ...]
    all_in_production: str
    waiting: tuple[RequestView, ...]
    events: tuple[EventView, ...]
    is_empty: bool


def home_view(overview: Overview) -> HomeView:
    """The page of an overview."""
    return HomeView(
        in_production=tuple(_in_production(version, overview.now) for version in overview.in_production),
        all_in_production=search_link(IN_PRODUCTION) if overview.has_more_in_production else "",
        waiting=tuple(request_view(standing, overview.now) for standing in overview.waiting),
        events=tuple(event_view(event, overview.now) for event in overview.events),
        is_empty=not (overview.events or overview.in_production),
    )


def _in_production(version: VersionSummary, now: datetime) -> ProductionView:
    return ProductionView(
        model=version.model,
        model_href=model_link(version.model),
        number=version.number,
        href=version_link(version.model, version.number),
        since=moment(version.stage_changed_at, now),
        description=version.description,
        metrics=tuple((name, number_text(value)) for name, value in sorted(version.metrics.items())[:_METRICS]),
    )

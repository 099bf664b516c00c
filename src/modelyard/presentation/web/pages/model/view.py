"""What the page of a model shows."""

import shlex
from dataclasses import dataclass, replace
from datetime import datetime

from modelyard.application.ports.aliases import Alias
from modelyard.application.queries.places import Interval
from modelyard.application.surveys.describing import Described
from modelyard.domain.query import Comparison, Field, Operator, render
from modelyard.presentation.web.abilities import Abilities
from modelyard.presentation.web.formats import MomentView, moment
from modelyard.presentation.web.links import model_link, search_link, version_link
from modelyard.presentation.web.pages.model.address import ModelState
from modelyard.presentation.web.pages.model.table import ChoiceView, TableView, metric_names, table_view
from modelyard.presentation.web.views.chart import ChartView, Series, chart_view
from modelyard.presentation.web.views.event import EventView, event_view
from modelyard.presentation.web.views.policy import PolicyView, policy_view
from modelyard.presentation.web.views.request import RequestView, request_view


@dataclass(frozen=True, slots=True, kw_only=True)
class IntervalView:
    """A time in production; `until` is None for what is there now."""

    number: int
    href: str
    since: MomentView
    by: str
    reason: str
    until: MomentView | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AliasLine:
    """An alias, and the version that it points to."""

    name: str
    number: int
    href: str
    is_protected: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelView:
    """The page. An empty address is no link, an empty text is not there."""

    name: str
    edit_href: str
    push_command: str
    description: str
    tags: tuple[str, ...]
    created: MomentView
    created_by: str
    table: TableView
    search_href: str
    chart: ChartView | None
    metric_choices: tuple[ChoiceView, ...]
    card_html: str
    card_of: str
    card_href: str
    aliases: tuple[AliasLine, ...]
    policy: PolicyView
    in_production: tuple[IntervalView, ...]
    rollback_href: str
    requests: tuple[RequestView, ...]
    events: tuple[EventView, ...]


def model_view(described: Described, state: ModelState, abilities: Abilities, card_html: str) -> ModelView:
    """The page in a state, for somebody with these abilities; the card is rendered already."""
    model, now, name = described.model, described.now, described.model.name
    shown = described.shown
    return ModelView(
        name=name,
        edit_href=f"{model_link(name)}/edit" if abilities.edit_model else "",
        push_command=shlex.join(["modelyard", "push", name, "model.joblib"]),
        description=model.description,
        tags=tuple(f"{key}: {value}" if value else key for key, value in model.tags.items()),
        created=moment(model.created_at, now),
        created_by=model.created_by,
        table=table_view(name, described.versions, state, now),
        search_href=search_link(render(Comparison(Field("model"), Operator.IS, name))),
        chart=_chart(described),
        metric_choices=_metric_choices(described, state),
        card_html=card_html,
        card_of=f"{name}:{shown.number}" if shown else "",
        card_href=version_link(name, shown.number) if shown else "",
        aliases=tuple(_alias(each) for each in described.aliases),
        policy=policy_view(described.governing),
        in_production=tuple(_interval(name, each, now) for each in described.in_production),
        rollback_href=f"{model_link(name)}/rollback" if abilities.release and len(described.in_production) > 1 else "",
        requests=tuple(request_view(standing, now) for standing in described.requests),
        events=tuple(event_view(event, now, within=name) for event in described.events),
    )


def _alias(alias: Alias) -> AliasLine:
    return AliasLine(
        name=alias.name,
        number=alias.version,
        href=version_link(alias.model, alias.version),
        is_protected=alias.is_protected,
    )


def _chart(described: Described) -> ChartView | None:
    if described.trend_of is None:
        return None
    name = str(described.trend_of)
    label = f"{name} of the versions of {described.model.name}"
    return chart_view(label, "version", [Series(name, described.trend)])


def _metric_choices(described: Described, state: ModelState) -> tuple[ChoiceView, ...]:
    chosen = str(described.trend_of)
    return tuple(
        ChoiceView(
            label=name, href=replace(state, metric=name).link(described.model.name) + "#way", is_chosen=name == chosen
        )
        for name in metric_names(tuple(described.versions.items))
    )


def _interval(model: str, interval: Interval, now: datetime) -> IntervalView:
    return IntervalView(
        number=interval.version,
        href=version_link(model, interval.version),
        since=moment(interval.since.at, now),
        by=interval.since.by,
        reason=interval.since.reason,
        until=moment(interval.until.at, now) if interval.until else None,
    )

"""What the page of a model shows."""

import shlex
from dataclasses import dataclass, replace
from datetime import datetime

from modelyard.application.queries.describing import Described
from modelyard.application.queries.places import Interval
from modelyard.domain.model_version import VersionSummary
from modelyard.domain.query import Comparison, Field, Operator, render
from modelyard.presentation.web.formats import MomentView, moment, number_text, size_text
from modelyard.presentation.web.links import search_link, version_link
from modelyard.presentation.web.pages.model.address import MAX_COLUMNS, ModelState
from modelyard.presentation.web.pages.search.sorting import metric_sort
from modelyard.presentation.web.views.chart import ChartView, Series, chart_view
from modelyard.presentation.web.views.event import EventView, event_view
from modelyard.presentation.web.views.policy import PolicyView, policy_view
from modelyard.presentation.web.views.request import RequestView, request_view

_COLUMNS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoiceView:
    """A link that chooses something, or takes it away."""

    label: str
    href: str
    is_chosen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnView:
    """The head of a column; `sorted` is "ascending", "descending", or empty."""

    label: str
    href: str
    sorted: str
    is_number: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LineView:
    """A version in the table; `cells` are its metrics, in the order of the columns."""

    number: int
    href: str
    stage: str
    aliases: tuple[str, ...]
    description: str
    cells: tuple[str, ...]
    size: str
    created_by: str
    created: MomentView


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
class ModelView:
    """The page. An empty address is no link, an empty text is not there."""

    name: str
    push_command: str
    description: str
    tags: tuple[str, ...]
    created: MomentView
    created_by: str
    columns: tuple[ColumnView, ...]
    lines: tuple[LineView, ...]
    column_choices: tuple[ChoiceView, ...]
    next_href: str
    first_href: str
    search_href: str
    chart: ChartView | None
    metric_choices: tuple[ChoiceView, ...]
    card_html: str
    card_of: str
    card_href: str
    aliases: tuple[tuple[str, str, str], ...]
    policy: PolicyView
    in_production: tuple[IntervalView, ...]
    requests: tuple[RequestView, ...]
    events: tuple[EventView, ...]


def metric_names(versions: tuple[VersionSummary, ...]) -> tuple[str, ...]:
    """All metrics that these have, by name."""
    return tuple(sorted({name for version in versions for name in version.metrics}))


def model_view(described: Described, state: ModelState, card_html: str) -> ModelView:
    """The page in a state; the card is rendered already."""
    model, now, name = described.model, described.now, described.model.name
    versions = tuple(described.versions.items)
    names = metric_names(versions)
    columns = names[:_COLUMNS] if state.columns is None else state.columns
    shown = described.shown
    next_cursor = described.versions.next_cursor
    return ModelView(
        name=name,
        push_command=shlex.join(["modelyard", "push", name, "model.joblib"]),
        description=model.description,
        tags=tuple(f"{key}: {value}" if value else key for key, value in model.tags.items()),
        created=moment(model.created_at, now),
        created_by=model.created_by,
        columns=_columns(name, state, columns),
        lines=tuple(_line(version, columns, now) for version in versions),
        column_choices=_column_choices(name, state, columns, names),
        next_href=replace(state, cursor=next_cursor).link(name) if next_cursor else "",
        first_href=replace(state, cursor="").link(name) if state.cursor else "",
        search_href=search_link(render(Comparison(Field("model"), Operator.IS, name))),
        chart=_chart(described),
        metric_choices=_metric_choices(described, state, names),
        card_html=card_html,
        card_of=f"{name}:{shown.number}" if shown else "",
        card_href=version_link(name, shown.number) if shown else "",
        aliases=tuple((each.name, str(each.version), version_link(name, each.version)) for each in described.aliases),
        policy=policy_view(described.governing),
        in_production=tuple(_interval(name, each, now) for each in described.in_production),
        requests=tuple(request_view(standing, now) for standing in described.requests),
        events=tuple(event_view(event, now, within=name) for event in described.events),
    )


def _columns(model: str, state: ModelState, columns: tuple[str, ...]) -> tuple[ColumnView, ...]:
    metrics = [(name, metric_sort(name, is_descending=False)) for name in columns]
    heads = [("Version", "number"), *metrics, ("Size", "size_bytes"), ("Registered", "created_at")]
    sort = state.sort or "-number"
    return tuple(
        ColumnView(
            label=label,
            href=replace(state, sort=state.sorted_by(field), cursor="").link(model),
            sorted={field: "ascending", f"-{field}": "descending"}.get(sort, ""),
            is_number=label not in {"Version", "Registered"},
        )
        for label, field in heads
    )


def _line(version: VersionSummary, columns: tuple[str, ...], now: datetime) -> LineView:
    return LineView(
        number=version.number,
        href=version_link(version.model, version.number),
        stage=version.stage.value,
        aliases=version.aliases,
        description=version.description[:200],
        cells=tuple(number_text(version.metrics[name]) if name in version.metrics else "" for name in columns),
        size=size_text(version.size_bytes),
        created_by=version.created_by,
        created=moment(version.created_at, now),
    )


def _column_choices(
    model: str, state: ModelState, columns: tuple[str, ...], names: tuple[str, ...]
) -> tuple[ChoiceView, ...]:
    all_names = tuple(dict.fromkeys([*columns, *names]))
    return tuple(
        ChoiceView(label=name, href=state.with_column(columns, name).link(model), is_chosen=name in columns)
        for name in all_names
        if name in columns or len(columns) < MAX_COLUMNS
    )


def _chart(described: Described) -> ChartView | None:
    if described.trend_of is None:
        return None
    name = str(described.trend_of)
    label = f"{name} of the versions of {described.model.name}"
    return chart_view(label, "version", [Series(name, described.trend)])


def _metric_choices(described: Described, state: ModelState, names: tuple[str, ...]) -> tuple[ChoiceView, ...]:
    chosen = str(described.trend_of)
    return tuple(
        ChoiceView(
            label=name, href=replace(state, metric=name).link(described.model.name) + "#way", is_chosen=name == chosen
        )
        for name in names
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

"""The metrics of a version."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from modelyard.application.surveys.inspecting import Measured
from modelyard.domain.metric import MetricKey, MetricSummary, Sampled
from modelyard.presentation.web.abilities import Abilities
from modelyard.presentation.web.formats import MomentView, moment, number_text
from modelyard.presentation.web.links import version_link
from modelyard.presentation.web.pages.version.head import HeadView, head_view
from modelyard.presentation.web.views.chart import ChartView, Series, chart_view

_SHOWN = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasurementView:
    """The latest value of a metric, and what it came to over its steps.

    `in_production` and `delta` are beside the version in production, and empty where it has no such value.
    """

    name: str
    dataset: str
    slice: str
    value: str
    in_production: str
    delta: str
    is_greater: bool
    steps: str
    range: str
    measured: MomentView
    chart_href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasurementsView:
    """The page; `production` is the number of the version that serves, empty where that is this one or none."""

    head: HeadView
    rows: tuple[MeasurementView, ...]
    left_out: int
    production: str
    charts: tuple[ChartView, ...]
    chosen: str
    all_href: str


def measurements_view(measured: Measured, abilities: Abilities, metric: str) -> MeasurementsView:
    """All metrics, and the ways of some."""
    version = measured.state.version
    return MeasurementsView(
        head=head_view(measured.state, abilities, "metrics"),
        rows=tuple(_row(summary, measured) for summary in measured.summaries[:_SHOWN]),
        left_out=max(0, len(measured.summaries) - _SHOWN),
        production=str(measured.production or ""),
        charts=_charts(measured.histories),
        chosen=metric,
        all_href=version_link(version.model, version.number, "metrics"),
    )


def _row(summary: MetricSummary, measured: Measured) -> MeasurementView:
    latest, version = summary.latest, measured.state.version
    held = measured.in_production.get(latest.key)
    has_way = summary.count > 1
    chart = version_link(version.model, version.number, "metrics", metric=latest.key.name) + "#charts"
    return MeasurementView(
        name=latest.key.name,
        dataset=latest.key.dataset,
        slice=latest.key.slice,
        value=number_text(latest.value),
        in_production="" if held is None else number_text(held),
        delta="" if held is None else _delta(latest.value, held),
        is_greater=held is not None and latest.value > held,
        steps=f"{summary.count:,} to step {latest.step:,}" if has_way else "",
        range=f"{number_text(summary.minimum)} to {number_text(summary.maximum)}" if has_way else "",
        measured=moment(latest.recorded_at, measured.state.now),
        chart_href=chart if has_way else "",
    )


def _delta(value: float, held: float) -> str:
    difference = value - held
    return "±0" if difference == 0 else f"{'+' if difference > 0 else '-'}{number_text(abs(difference))}"


def _charts(histories: Mapping[MetricKey, Sampled]) -> tuple[ChartView, ...]:
    """One frame for each name; in it a line for each dataset and slice."""
    by_name: dict[str, list[Series]] = {}
    for key, sampled in histories.items():
        points: Sequence[tuple[int, float]] = [(point.step, point.value) for point in sampled.points]
        by_name.setdefault(key.name, []).append(Series(_line_name(key), points))
    charts = (chart_view(name, "step", series) for name, series in by_name.items())
    return tuple(chart for chart in charts if chart is not None)


def _line_name(key: MetricKey) -> str:
    where = " / ".join(part for part in (key.dataset, key.slice) if part)
    return where or key.name

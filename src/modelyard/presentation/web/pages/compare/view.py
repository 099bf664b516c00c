"""What a comparison shows."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from typing import cast
from urllib.parse import quote

from modelyard.application.queries.comparing import MAX_ROWS, Cell, Comparison, Row, Section
from modelyard.application.queries.courses import Course, Courses
from modelyard.domain.json_value import JsonValue
from modelyard.domain.model_version import ModelVersion
from modelyard.presentation.http.routing import BASE
from modelyard.presentation.web.formats import MomentView, count_text, moment, number_text, short_digest, size_text
from modelyard.presentation.web.links import version_link
from modelyard.presentation.web.pages.compare.address import ComparedAddress
from modelyard.presentation.web.pages.compare.bars import BarsView, bars_view
from modelyard.presentation.web.pages.compare.parallel import ParallelView, parallel_view
from modelyard.presentation.web.views.chart import MAX_SERIES, ChartView, Series, chart_view

MOST_CELLS = 20_000
"""What a browser can be asked to lay out; programs get all rows as JSON."""
MOST_COURSES = 6
"""Metrics whose courses are drawn."""
MOST_LINES = MAX_SERIES
"""Versions whose courses are drawn: as many as there are colours; further ones begin with the first again."""

_LONG = 90
_TITLES: Mapping[Section, str] = MappingProxyType(
    {
        Section.METRICS: "Metrics",
        Section.PARAMS: "Parameters",
        Section.VERSION: "Version",
        Section.TAGS: "Tags",
        Section.FRAMEWORK: "Framework",
        Section.SIGNATURE: "Signature",
        Section.LINEAGE: "Lineage",
        Section.FILES: "Files",
        Section.METADATA: "Metadata",
    }
)
"""In the order in which they are shown."""
_IN_HEAD = frozenset({"stage", "aliases", "created_at"})
"""Of a version's own fields, those that stand in the head of its column."""
_NAMES = MappingProxyType({"size_bytes": "size", "created_by": "registered by", "card": "card (digest)"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnView:
    """The head of a version's column. An empty address is no link."""

    name: str
    model: str
    number: int
    href: str
    stage: str
    aliases: tuple[str, ...]
    created: MomentView
    series: int
    is_baseline: bool
    baseline_href: str
    remove_href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CellView:
    """What a version has; `delta` is what a metric has more or less than the baseline, `way` is up, down or same."""

    text: str
    is_missing: bool = False
    is_long: bool = False
    is_odd: bool = False
    """Whether it is another value than that of the baseline."""
    delta: str = ""
    way: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RowView:
    """One thing that versions can have."""

    name: str
    is_different: bool
    cells: tuple[CellView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionView:
    """Rows about one thing."""

    title: str
    count: str
    rows: tuple[RowView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CourseView:
    """How a metric went."""

    name: str
    chart: ChartView | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CompareView:
    """A comparison."""

    title: str
    columns: tuple[ColumnView, ...]
    sections: tuple[SectionView, ...]
    is_complete: bool
    most_rows: int
    has_differences_only: bool
    other_rows_href: str
    choose_href: str
    export_href: str
    parallel: ParallelView | None
    bars: BarsView | None
    courses: tuple[CourseView, ...]
    courses_left_out: int
    most_lines: int
    """Versions in a drawing of courses; 0 where all of them are."""


def compare_view(found: Comparison, courses: Courses, address: ComparedAddress, now: datetime) -> CompareView:
    """The page of a comparison that was asked for by this address."""
    columns = tuple(_column(found, place, address, now) for place in range(len(found.versions)))
    most = min(MAX_ROWS, MOST_CELLS // len(columns))
    names, series = [column.name for column in columns], [column.series for column in columns]
    return CompareView(
        title=", ".join(dict.fromkeys(column.model for column in columns)),
        columns=columns,
        sections=tuple(_sections(found, most)),
        is_complete=found.is_complete and len(found.rows) <= most,
        most_rows=most,
        has_differences_only=address.has_differences_only,
        other_rows_href=replace(address, has_differences_only=not address.has_differences_only).href,
        choose_href=address.choosing,
        export_href=_export(address),
        parallel=parallel_view(found, names, series),
        bars=bars_view(found, names, series),
        courses=tuple(_course(course, columns) for course in courses.shown),
        courses_left_out=courses.count - len(courses.shown),
        most_lines=MOST_LINES if len(columns) > MOST_LINES else 0,
    )


def _course(course: Course, columns: Sequence[ColumnView]) -> CourseView:
    series = [
        Series(column.name, [(point.step, point.value) for point in line.points] if line else [], column.series)
        for column, line in zip(columns, course.lines, strict=False)
    ]
    name = str(course.key)
    return CourseView(name=name, chart=chart_view(f"{name} by step", "step", series))


def name_of(version: ModelVersion) -> str:
    """As references name it."""
    return f"{version.model}:{version.number}"


def series_of(place: int) -> int:
    """The colour of the version at a place, from 1."""
    return place % MAX_SERIES + 1


def _export(address: ComparedAddress) -> str:
    """The same as JSON, by the API."""
    query = address.href.partition("?")[2]
    listed = ",".join(address.versions)
    kept = [part for part in query.split("&") if not part.startswith("version=")]
    return "&".join((f"{BASE}/compare?versions={quote(listed, safe=',:@')}", *kept))


def _column(found: Comparison, place: int, address: ComparedAddress, now: datetime) -> ColumnView:
    version = found.versions[place]
    is_baseline = place == found.baseline
    return ColumnView(
        name=name_of(version),
        model=version.model,
        number=version.number,
        href=version_link(version.model, version.number),
        stage=version.stage.value,
        aliases=version.aliases,
        created=moment(version.created_at, now),
        series=series_of(place),
        is_baseline=is_baseline,
        baseline_href="" if is_baseline else replace(address, baseline=place + 1).href,
        remove_href=address.without(place).href if len(found.versions) > 2 else "",
    )


def _sections(found: Comparison, most: int) -> Iterator[SectionView]:
    """Those that have rows, as long as there is room."""
    for section in _TITLES:
        is_own = section is Section.VERSION
        rows = [row for row in found.rows if row.section is section and not (is_own and row.name in _IN_HEAD)][:most]
        most -= len(rows)
        if rows:
            yield _section(section, rows, found.baseline)


def _section(section: Section, rows: Sequence[Row], baseline: int) -> SectionView:
    different = sum(row.is_different for row in rows)
    return SectionView(
        title=_TITLES[section],
        count=f"{count_text(different, 'difference')}" if different else "all the same",
        rows=tuple(_row(row, baseline) for row in rows),
    )


def _row(row: Row, baseline: int) -> RowView:
    deltas = row.deltas or [None] * len(row.cells)
    held = row.cells[baseline]
    return RowView(
        name=_NAMES.get(row.name, row.name) if row.section is Section.VERSION else row.name,
        is_different=row.is_different,
        cells=tuple(
            _cell(row, cell, None if place == baseline else delta, is_odd=row.is_different and cell != held)
            for place, (cell, delta) in enumerate(zip(row.cells, deltas, strict=True))
        ),
    )


def _cell(row: Row, cell: Cell | None, delta: float | None, *, is_odd: bool) -> CellView:
    if cell is None:
        return CellView(text="", is_missing=True, is_odd=is_odd)
    text = _text(row, cell.value)
    if delta is None:
        return CellView(text=text, is_long=len(text) > _LONG, is_odd=is_odd)
    way = "up" if delta > 0 else "down" if delta < 0 else "same"
    sign = "+" if delta > 0 else "\u2212" if delta < 0 else "±"
    return CellView(text=text, is_odd=is_odd, delta=f"{sign}{number_text(abs(delta))}", way=way)


def _text(row: Row, value: JsonValue) -> str:
    if row.section is Section.METRICS:
        return number_text(cast(float, value))
    if row.section is Section.FILES:
        file = cast("Mapping[str, JsonValue]", value)
        return f"{size_text(cast(int, file['size_bytes']))} · {short_digest(str(file['digest']))}"
    if row.section is Section.VERSION:
        return _own_text(row.name, value)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _own_text(name: str, value: JsonValue) -> str:
    match name:
        case "size_bytes":
            return size_text(cast(int, value))
        case "digest" | "card":
            return short_digest(str(value))
        case _:
            return str(value)

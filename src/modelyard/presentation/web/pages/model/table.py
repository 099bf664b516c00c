"""The table of a model's versions: columns that are chosen, and lines that are sorted."""

from dataclasses import dataclass, replace
from datetime import datetime

from modelyard.application.queries.page import Page
from modelyard.domain.model_version import VersionSummary
from modelyard.presentation.web.formats import MomentView, moment, number_text, size_text
from modelyard.presentation.web.links import version_link
from modelyard.presentation.web.pages.model.address import MAX_COLUMNS, ModelState
from modelyard.presentation.web.pages.search.sorting import metric_sort

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
class TableView:
    """A page of the table. An empty address is no link."""

    columns: tuple[ColumnView, ...]
    lines: tuple[LineView, ...]
    choices: tuple[ChoiceView, ...]
    next_href: str
    first_href: str


def table_view(model: str, page: Page[VersionSummary], state: ModelState, now: datetime) -> TableView:
    """The table in a state; without a choice the first metrics are its columns."""
    names = metric_names(tuple(page.items))
    columns = names[:_COLUMNS] if state.columns is None else state.columns
    more = page.next_cursor
    return TableView(
        columns=_columns(model, state, columns),
        lines=tuple(_line(version, columns, now) for version in page.items),
        choices=_column_choices(model, state, columns, names),
        next_href=replace(state, cursor=more).link(model) if more else "",
        first_href=replace(state, cursor="").link(model) if state.cursor else "",
    )


def metric_names(versions: tuple[VersionSummary, ...]) -> tuple[str, ...]:
    """All metrics that these have, by name."""
    return tuple(sorted({name for version in versions for name in version.metrics}))


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

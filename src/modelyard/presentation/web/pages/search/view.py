"""What the search shows."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from modelyard.application.queries.finding import Found, Trend
from modelyard.application.queries.highlighting import Highlight, words_of
from modelyard.domain.errors import QuerySyntaxError, RegistryError
from modelyard.domain.model_version import VersionSummary
from modelyard.presentation.http.routing import BASE
from modelyard.presentation.web.formats import MomentView, moment, number_text
from modelyard.presentation.web.links import model_link, search_link, version_link
from modelyard.presentation.web.pages.search.sorting import SortView, sort_views
from modelyard.presentation.web.query_terms import leading_metrics, metrics_in, parsed_or_everything
from modelyard.presentation.web.views.spark import SparkView, spark_view

METRICS = 3
_TAGS = 4
EXAMPLES = (
    ("stage:production", "what serves now"),
    ("metric.auc@holdout >= 0.9", "a metric on a dataset"),
    ("tag.team:risk not stage:archived", "a tag, without what is archived"),
    ('name ~ "fraud" created > 2026-01-01', "part of a name, and when it was registered"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchState:
    """All that the address of a search says."""

    q: str = ""
    sort: str = ""
    cursor: str = ""

    @property
    def facets_href(self) -> str:
        """Where what it finds is counted."""
        return search_link(self.q, sort=self.sort).replace("/search", "/search/facets", 1)

    @property
    def export_href(self) -> str:
        """All that it finds, as CSV."""
        return search_link(self.q, sort=self.sort, format="csv").replace("/search", f"{BASE}/versions", 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryFaultView:
    """Why there are no results: in words, and the query cut where it stops making sense."""

    message: str
    hint: str
    before: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultView:
    """A version that was found; `snippet` are pieces of the text in which words stand, each with whether it is one."""

    model: str
    model_href: str
    number: int
    href: str
    stage: str
    aliases: tuple[str, ...]
    snippet_of: str
    snippet: tuple[tuple[str, bool], ...]
    tags: tuple[str, ...]
    metrics: tuple[tuple[str, str], ...]
    spark: SparkView | None
    registered: MomentView


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchView:
    """A page of results. An empty address is no link."""

    state: SearchState
    fault: QueryFaultView | None = None
    results: tuple[ResultView, ...] = ()
    sorts: tuple[SortView, ...] = ()
    next_href: str = ""
    first_href: str = ""
    examples: tuple[tuple[str, str, str], ...] = tuple((query, told, search_link(query)) for query, told in EXAMPLES)

    @property
    def sorted_by(self) -> str:
        """The order that the results are in."""
        return next((sort.label for sort in self.sorts if sort.is_chosen), "Newest")


def search_view(state: SearchState, found: Found) -> SearchView:
    """The results."""
    expression = parsed_or_everything(state.q)
    named = metrics_in(expression, state.sort)
    highlights: Iterable[Sequence[Highlight]] = found.page.highlights or [()] * len(found.page.items)
    results = [
        _result(version, found.trends.get(version.id, ()), marked, named, found.now)
        for version, marked in zip(found.page.items, highlights, strict=True)
    ]
    keys = sorted({name for version in found.page.items for name in version.metrics})
    next_cursor = found.page.next_cursor or ""
    return SearchView(
        state=state,
        results=tuple(results),
        sorts=sort_views(state.q, state.sort, keys, has_words=bool(words_of(expression))),
        next_href=search_link(state.q, sort=state.sort, cursor=next_cursor) if next_cursor else "",
        first_href=search_link(state.q, sort=state.sort) if state.cursor else "",
    )


def refused_search(state: SearchState, error: RegistryError) -> SearchView:
    """The same page without results, and why."""
    place = error.details.get("position") if isinstance(error, QuerySyntaxError) else None
    before = state.q[:place] if isinstance(place, int) else state.q
    fault = QueryFaultView(message=error.message, hint=error.hint, before=before, after=state.q[len(before) :])
    return SearchView(state=state, fault=fault)


def _result(
    version: VersionSummary, trend: Trend, marked: Sequence[Highlight], named: tuple[str, ...], now: datetime
) -> ResultView:
    leading = leading_metrics(version, named, at_most=METRICS)
    snippet_of, snippet = _snippet(version, marked)
    return ResultView(
        model=version.model,
        model_href=model_link(version.model),
        number=version.number,
        href=version_link(version.model, version.number),
        stage=version.stage.value,
        aliases=version.aliases,
        snippet_of=snippet_of,
        snippet=snippet,
        tags=tuple(f"{key}: {value}" if value else key for key, value in list(version.tags.items())[:_TAGS]),
        metrics=tuple((name, number_text(version.metrics[name])) for name in leading),
        spark=spark_view(leading[0], trend) if leading else None,
        registered=moment(version.created_at, now),
    )


def _snippet(version: VersionSummary, marked: Sequence[Highlight]) -> tuple[str, tuple[tuple[str, bool], ...]]:
    """Where the words stand, but for the name, which is there anyway; else how the description begins."""
    for highlight in marked:
        if highlight.field != "name":
            return ("" if highlight.field == "description" else highlight.field), _pieces(highlight)
    return "", ((version.description[:200], False),) if version.description else ()


def _pieces(highlight: Highlight) -> tuple[tuple[str, bool], ...]:
    pieces, end = [], 0
    for begin, until in highlight.ranges:
        pieces += [(highlight.snippet[end:begin], False), (highlight.snippet[begin:until], True)]
        end = until
    pieces.append((highlight.snippet[end:], False))
    return tuple((text, is_word) for text, is_word in pieces if text)

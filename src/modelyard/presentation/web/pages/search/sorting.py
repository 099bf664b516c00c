"""The orders in which results can be had."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from modelyard.domain.query import Field, Present, render
from modelyard.presentation.web.links import search_link

_METRICS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class SortView:
    """An order, as a link to the same search in it."""

    label: str
    href: str
    is_chosen: bool


def sort_views(q: str, sort: str, metrics: Sequence[str], *, has_words: bool) -> tuple[SortView, ...]:
    """All orders that make sense for these results, the one that they are in among them."""
    offered = dict(_offered(metrics, has_words=has_words))
    if sort not in offered:
        offered[sort] = sort
    return tuple(
        SortView(label=label, href=search_link(q, sort=each), is_chosen=each == sort) for each, label in offered.items()
    )


def metric_sort(name: str, *, is_descending: bool) -> str:
    """How a search is told to sort by a metric, whatever its name."""
    field = render(Present(Field("metric", name))).removesuffix(":*")
    return f"{'-' if is_descending else ''}{field}"


def _offered(metrics: Sequence[str], *, has_words: bool) -> Iterator[tuple[str, str]]:
    yield "", "Newest"
    if has_words:
        yield "relevance", "Best match"
    yield "-updated_at", "Changed last"
    yield "model,-number", "Model"
    yield "-size_bytes", "Largest"
    for name in metrics[:_METRICS]:
        yield metric_sort(name, is_descending=True), f"{name}, highest"
        yield metric_sort(name, is_descending=False), f"{name}, lowest"

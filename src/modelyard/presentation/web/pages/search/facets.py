"""What a search can be narrowed down to."""

from dataclasses import dataclass

from modelyard.application.ports.search import Facet, Facets, FacetValue
from modelyard.domain.lifecycle import Stage
from modelyard.domain.query import Expression
from modelyard.presentation.web.links import search_link
from modelyard.presentation.web.query_terms import field_of, has_term, parsed_or_everything, term, toggled

_SHOWN = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class FacetValueView:
    """A value, how many have it, and the search with or without it. The count is empty where nobody has counted."""

    value: str
    count: str
    href: str
    is_chosen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FacetView:
    """A field and its values, the most frequent ones."""

    label: str
    values: tuple[FacetValueView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FacetsView:
    """All of them. `note` says what was counted; it is empty before."""

    q: str
    back_href: str
    groups: tuple[FacetView, ...]
    note: str = ""


def facets_view(q: str, sort: str, facets: Facets) -> FacetsView:
    """What was counted."""
    expression = parsed_or_everything(q)
    counted = f"{facets.counted:,} version{'' if facets.counted == 1 else 's'}"
    return FacetsView(
        q=q,
        back_href=search_link(q, sort=sort),
        groups=tuple(_group(facet, expression, sort) for facet in facets.facets),
        note=counted if facets.is_complete else f"Counted among the {facets.counted:,} newest",
    )


def uncounted(q: str, sort: str) -> FacetsView:
    """What is known without counting: the stages."""
    stages = Facet("stage", [FacetValue(stage.value, -1) for stage in Stage])
    groups = (_group(stages, parsed_or_everything(q), sort),)
    return FacetsView(q=q, back_href=search_link(q, sort=sort), groups=groups)


def _group(facet: Facet, expression: Expression, sort: str) -> FacetView:
    field = field_of(facet.field)
    terms = [(each, term(field, each.value)) for each in facet.values[:_SHOWN]]
    return FacetView(
        label=facet.field.removeprefix("tag.").strip('"'),
        values=tuple(
            FacetValueView(
                value=each.value or "(empty)",
                count=f"{each.count:,}" if each.count >= 0 else "",
                href=search_link(toggled(expression, wanted), sort=sort),
                is_chosen=has_term(expression, wanted),
            )
            for each, wanted in terms
        ),
    )

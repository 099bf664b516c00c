"""Searching among all versions."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Query, Request, Response
from pydantic import BaseModel, ConfigDict

from modelyard.application.queries.exploring import count_facets
from modelyard.application.queries.finding import find_versions
from modelyard.application.queries.page import PageRequest
from modelyard.domain.errors import InvalidCursor, InvalidInput, QuerySyntaxError, QueryTooCostly
from modelyard.domain.metric import MetricKey
from modelyard.domain.model_version import VersionSummary
from modelyard.domain.permission import Permission
from modelyard.domain.query.values import metric_key
from modelyard.presentation.http.access import scan_seen
from modelyard.presentation.http.error_map import STATUS
from modelyard.presentation.web.page import page, page_router
from modelyard.presentation.web.pages.search.facets import FacetsView, facets_view, uncounted
from modelyard.presentation.web.pages.search.view import SearchState, SearchView, refused_search, search_view
from modelyard.presentation.web.query_terms import leading_metrics, metrics_in, parsed_or_everything
from modelyard.presentation.web.rendering import show

router = page_router()

_ROWS = 25


class SearchAddress(BaseModel):
    """The whole state of a search."""

    model_config = ConfigDict(extra="forbid")

    q: str = ""
    sort: str = ""
    cursor: str = ""

    def state(self) -> SearchState:
        """It, for the view."""
        return SearchState(q=self.q.strip(), sort=self.sort, cursor=self.cursor)


class FacetAddress(BaseModel):
    """A search to be counted; `part` asks for the counts alone, without a page around them."""

    model_config = ConfigDict(extra="forbid")

    q: str = ""
    sort: str = ""
    part: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultsView:
    """The page: results, and beside them what narrows them down."""

    search: SearchView
    facets: FacetsView


@router.get("/search", **page(Permission.MODELS_READ))
async def show_search(request: Request, address: Annotated[SearchAddress, Query()]) -> Response:
    """Results; a query that cannot be answered is told where it stands."""
    state = address.state()
    named = metrics_in(parsed_or_everything(state.q), state.sort)

    def leading(version: VersionSummary) -> MetricKey | None:
        names = leading_metrics(version, named, at_most=1)
        return metric_key(names[0]) if names else None

    wanted = PageRequest(
        q=state.q, sort=state.sort, limit=_ROWS, cursor=state.cursor or None, is_highlighted=bool(state.q)
    )
    status = 200
    try:
        view = search_view(state, await scan_seen(request, find_versions, None, wanted, leading))
    except (QuerySyntaxError, QueryTooCostly, InvalidInput, InvalidCursor) as error:
        view, status = refused_search(state, error), STATUS[type(error)].value
    facets = uncounted(state.q, state.sort)
    return await show(request, "search.html", ResultsView(search=view, facets=facets), status)


@router.get("/search/facets", **page(Permission.MODELS_READ))
async def show_facets(request: Request, address: Annotated[FacetAddress, Query()]) -> Response:
    """How many of what is found have which stage, framework, owner and tags."""
    facets = await scan_seen(request, count_facets, address.q, None)
    template = "facets_part.html" if address.part else "facets.html"
    return await show(request, template, facets_view(address.q, address.sort, facets))

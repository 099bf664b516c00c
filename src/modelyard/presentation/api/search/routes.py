"""The routes that help to search."""

from typing import Annotated

from fastapi import Query, Request

from modelyard.application.queries import exploring
from modelyard.domain import errors
from modelyard.domain.permission import Permission
from modelyard.presentation.api.search.schemas import FacetParameters, FacetsRead, SuggestionList, SuggestParameters
from modelyard.presentation.http import documentation as docs
from modelyard.presentation.http.access import require, scan_seen
from modelyard.presentation.http.routing import registry_router

router = registry_router("search")


@router.get(
    "/facets",
    response_model=FacetsRead,
    **docs.documented(
        Permission.MODELS_READ,
        errors=(*docs.READS, errors.QuerySyntaxError, errors.QueryTooCostly, errors.ModelNotFound),
    ),
)
async def count_facets(request: Request, wanted: Annotated[FacetParameters, Query()]) -> FacetsRead:
    """Count what a query finds, by stage, framework, owner and tag."""
    if wanted.model is not None:
        require(request, Permission.MODELS_READ, wanted.model)
    found = await scan_seen(request, exploring.count_facets, wanted.q, wanted.model)
    return FacetsRead.model_validate(found)


@router.get("/suggest", response_model=SuggestionList, **docs.documented(Permission.MODELS_READ, errors=docs.READS))
async def suggest(request: Request, wanted: Annotated[SuggestParameters, Query()]) -> SuggestionList:
    """Suggest how the last term of a query may go on: fields and keys, values, models and tags, by their beginning."""
    found = await scan_seen(request, exploring.suggest, wanted.term, wanted.limit)
    return SuggestionList.model_validate({"items": found}, from_attributes=True)

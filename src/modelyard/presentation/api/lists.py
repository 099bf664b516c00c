"""The parameters that all lists share."""

from typing import Annotated

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field

from modelyard.application.queries.page import DEFAULT_LIMIT, MAX_LIMIT, PageRequest


class ListParameters(BaseModel):
    """Which page of a list."""

    model_config = ConfigDict(extra="forbid")

    sort: str = Field(
        default="", max_length=200, description="Fields to sort by, `-` for descending: `-updated_at,name`"
    )
    limit: int = Field(default=DEFAULT_LIMIT, ge=1, le=MAX_LIMIT, description="How many items")
    cursor: str | None = Field(default=None, description="`next_cursor` of the page before")

    def page_request(self) -> PageRequest:
        """The request in the application's terms."""
        return PageRequest(sort=self.sort, limit=self.limit, cursor=self.cursor)


class SearchParameters(ListParameters):
    """Which page of a search."""

    q: str = Field(
        default="", description="A query: words, and `field:value` terms", examples=["fraud stage:production"]
    )
    count: bool = Field(default=False, description="Also count all items, up to 10,000")

    def page_request(self) -> PageRequest:
        """The request in the application's terms."""
        return PageRequest(q=self.q, sort=self.sort, limit=self.limit, cursor=self.cursor, is_counted=self.count)


ListQuery = Annotated[ListParameters, Query()]
SearchQuery = Annotated[SearchParameters, Query()]

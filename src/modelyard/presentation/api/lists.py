"""The parameters that all lists share."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from modelyard.application.queries.page import DEFAULT_LIMIT, MAX_LIMIT, ListOrder, PageRequest
from modelyard.domain.query import MAX_CHARACTERS


def sorting(order: ListOrder, kind: str) -> Any:  # noqa: ANN401 - as Field does, for the sake of defaults
    """The parameter `sort` of a list with this order; `kind` names its format in OpenAPI."""
    is_field = order.default.removeprefix("-") in order.fields
    return Field(
        default="",
        description=f"Fields to sort by, of {', '.join(order.patterns)}; each once, after a comma, `-` for descending. "
        f"Without it: {f'`{order.default}`' if is_field else 'the latest to be registered first'}",
        examples=[order.default if is_field else "-created_at"],
        json_schema_extra={"format": kind},
    )


class ListParameters(BaseModel):
    """Which page of a list. A list of its own says by `sorting` what it can be sorted by."""

    model_config = ConfigDict(extra="forbid")

    sort: str = ""
    limit: int = Field(default=DEFAULT_LIMIT, ge=1, le=MAX_LIMIT, description="How many items")
    cursor: str | None = Field(
        default=None, description="`next_cursor` of the page before", json_schema_extra={"format": "cursor"}
    )

    def page_request(self) -> PageRequest:
        """The request in the application's terms."""
        return PageRequest(sort=self.sort, limit=self.limit, cursor=self.cursor)


class SearchParameters(ListParameters):
    """Which page of a search."""

    q: Annotated[str, Field(json_schema_extra={"format": "query", "maxLength": MAX_CHARACTERS})] = Field(
        default="", description="A query: words, and fields compared with values", examples=["fraud tag.team:risk"]
    )
    count: bool = Field(default=False, description="Also count all items, up to 10,000")
    highlight: bool = Field(default=False, description="Also tell where the words of the query were found")

    def page_request(self) -> PageRequest:
        """The request in the application's terms."""
        return PageRequest(
            q=self.q,
            sort=self.sort,
            limit=self.limit,
            cursor=self.cursor,
            is_counted=self.count,
            is_highlighted=self.highlight,
        )

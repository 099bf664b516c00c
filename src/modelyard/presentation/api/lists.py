"""The parameters that all lists share."""

from dataclasses import replace
from typing import Annotated, Any

from fastapi import Request
from pydantic import BaseModel, ConfigDict, Field

from modelyard.application.queries.page import DEFAULT_LIMIT, ListOrder, PageRequest
from modelyard.domain.bounds import MAX_PAGE_ITEMS
from modelyard.domain.json_value import MAX_INTEGER
from modelyard.domain.query import MAX_CHARACTERS
from modelyard.presentation.exports.columns import MAX_COLUMNS_TEXT
from modelyard.presentation.exports.formats import ExportFormat
from modelyard.presentation.http.context import context_of


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


def page_size(wanted: BaseModel, limit: int, most: int) -> int:
    """How many items a page has: as many as the caller asks for, else the default, within the operator's bound."""
    return limit if "limit" in wanted.model_fields_set else min(limit, most)


class ListParameters(BaseModel):
    """Which page of a list. A list of its own says by `sorting` what it can be sorted by."""

    model_config = ConfigDict(extra="forbid")

    sort: str = ""
    limit: int = Field(default=DEFAULT_LIMIT, ge=1, le=MAX_PAGE_ITEMS, description="How many items")
    cursor: str | None = Field(
        default=None, description="`next_cursor` of the page before", json_schema_extra={"format": "cursor"}
    )

    def page_request(self, request: Request) -> PageRequest:
        """The request in the application's terms."""
        most = context_of(request).bounds.page_items
        return PageRequest(sort=self.sort, limit=page_size(self, self.limit, most), most=most, cursor=self.cursor)


class ExportParameters(ListParameters):
    """Which part of a list that can also be had whole, and in which form."""

    limit: int = Field(
        default=DEFAULT_LIMIT,
        ge=1,
        le=MAX_INTEGER,
        description=f"How many items: of a page at most {MAX_PAGE_ITEMS}; of another form any number, and all without "
        "it",
    )
    format: ExportFormat | None = Field(
        default=None, description="A page as JSON, or the whole list in another form; it comes before `Accept`"
    )

    def at_most(self) -> int | None:
        """How many items a whole list may have: all, unless the caller said so."""
        return self.limit if "limit" in self.model_fields_set else None


class SearchParameters(ExportParameters):
    """Which page of a search."""

    q: Annotated[str, Field(json_schema_extra={"format": "query", "maxLength": MAX_CHARACTERS})] = Field(
        default="", description="A query: words, and fields compared with values", examples=["fraud tag.team:risk"]
    )
    count: bool = Field(default=False, description="Also count all items of a page's list, up to 10,000")
    highlight: bool = Field(default=False, description="Also tell where the words of the query were found")
    columns: str = Field(
        default="",
        max_length=MAX_COLUMNS_TEXT,
        description="Columns to add in CSV and Parquet, as one line of CSV: `metric.…`, `param.…`, `tag.…`, `meta.…`",
        examples=["tag.team"],
        json_schema_extra={"format": "columns"},
    )

    def page_request(self, request: Request) -> PageRequest:
        """The request in the application's terms."""
        wanted = super().page_request(request)
        return replace(wanted, q=self.q, is_counted=self.count, is_highlighted=self.highlight)

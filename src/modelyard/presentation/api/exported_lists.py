"""Lists that answer a page as JSON, or all of themselves in another form."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from fastapi import Request, Response
from pydantic import BaseModel

from modelyard.application.queries.page import Page, PageRequest
from modelyard.application.queries.walking import walk
from modelyard.domain.errors import FieldError, InvalidInput
from modelyard.presentation.api.lists import ExportParameters
from modelyard.presentation.exports.formats import ExportFormat
from modelyard.presentation.exports.response import Export, export_response
from modelyard.presentation.http.answers import page_response
from modelyard.presentation.http.forms import wanted_form

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing(Generic[T]):
    """A list: how a page of it is read and shown, how one item is, and the name of a file that holds all of it."""

    read: Callable[[PageRequest], Awaitable[Page[T]]]
    show_page: Callable[[Page[T]], BaseModel]
    item: type[BaseModel]
    show: Callable[[T], BaseModel]
    file_name: str


async def list_response(
    request: Request, wanted: ExportParameters, listing: Listing[T], added_columns: str = ""
) -> Response:
    """A page, or the whole list from the cursor on, in the form that the caller wants.

    Raises:
        FormatUnavailable: the form needs an extra that is not installed.
        InvalidInput: the request, or columns are added to what has none.
        RegistryError: as reading does.
    """
    form = wanted_form(request, wanted.format, ExportFormat)
    if added_columns and form not in {ExportFormat.CSV, ExportFormat.PARQUET}:
        message = "is for CSV and Parquet; JSON has no columns"
        raise InvalidInput(f"columns {message}", errors=[FieldError(pointer="columns", message=message)])
    if form is not ExportFormat.JSON:
        export = Export(
            pages=walk(listing.read, wanted.page_request(request), at_most=wanted.at_most()),
            schema=listing.item,
            show=listing.show,
            file_name=listing.file_name,
            added_columns=added_columns,
        )
        return await export_response(request, form, export)
    page = await listing.read(wanted.page_request(request))
    answer = page_response(request, listing.show_page(page), page.next_cursor)
    answer.headers["Vary"] = "Accept"
    return answer

"""Sending a whole list, while it is read."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from fastapi import Request, Response
from pydantic import BaseModel
from starlette.responses import StreamingResponse

from modelyard.presentation.exports.columns import columns_of
from modelyard.presentation.exports.formats import Encoder, ExportFormat, encoder_of
from modelyard.presentation.http import documentation as docs
from modelyard.presentation.http.attachment import SAFE_HEADERS, attachment
from modelyard.presentation.http.forms import MEDIA_TYPES
from modelyard.presentation.http.routing import is_head

T = TypeVar("T")

_HEADERS = {
    "Vary": docs.header("The answer depends on Accept", "Accept"),
    "Content-Disposition": docs.header(
        "The file's name, of what is not JSON", 'attachment; filename="churn-versions.csv"', is_always_there=False
    ),
}


def exported(
    csv_example: str, line_example: str, others: Mapping[str, Any] | None = None, headers: Mapping[str, Any] = docs.LINK
) -> dict[str, Any]:
    """How a list that can be exported is described in OpenAPI, besides its page as JSON."""
    content = {
        MEDIA_TYPES[ExportFormat.CSV]: {"schema": {"type": "string"}, "example": csv_example},
        MEDIA_TYPES[ExportFormat.JSONL]: {"schema": {"type": "string"}, "example": line_example},
        MEDIA_TYPES[ExportFormat.PARQUET]: {"schema": {"type": "string", "format": "binary"}},
    }
    return {"headers": {**headers, **_HEADERS}, "content": content | dict(others or {})}


@dataclass(frozen=True, slots=True, kw_only=True)
class Export(Generic[T]):
    """What is sent: rows as they are read, how each is shown, and the name of the file without its ending."""

    pages: AsyncGenerator[Sequence[T], None]
    schema: type[BaseModel]
    show: Callable[[T], BaseModel]
    file_name: str
    added_columns: str = ""


async def export_response(request: Request, form: ExportFormat, export: Export[T]) -> Response:
    """The answer with the whole list. The first page is read before it begins: what is refused then is a problem.

    What fails later breaks off the connection, so that nobody takes a part for the whole.

    Raises:
        FormatUnavailable: the form needs an extra that is not installed.
        InvalidInput: the added columns.
        RegistryError: as the pages do.
    """
    columns = columns_of(export.schema, export.added_columns)
    encoder = await asyncio.to_thread(encoder_of, form, columns)
    first = await anext(export.pages)
    headers = {
        **SAFE_HEADERS,
        "Content-Disposition": attachment(f"{export.file_name}.{form}"),
        "Vary": "Accept",
    }
    if is_head(request):
        await export.pages.aclose()
        return StreamingResponse(_nothing(), 200, headers, encoder.media_type)
    return StreamingResponse(_written(encoder, export, first), 200, headers, encoder.media_type)


async def _nothing() -> AsyncIterator[bytes]:
    return
    yield b""


async def _written(encoder: Encoder, export: Export[T], first: Sequence[T]) -> AsyncIterator[bytes]:
    def encoded(items: Sequence[T]) -> bytes:
        return encoder.encode([export.show(item) for item in items])

    async with aclosing(export.pages):
        yield encoder.begin()
        yield await asyncio.to_thread(encoded, first)
        async for items in export.pages:
            yield await asyncio.to_thread(encoded, items)
        yield await asyncio.to_thread(encoder.end)

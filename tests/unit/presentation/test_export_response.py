"""An export that fails, is left, or needs what is not installed."""

import io
import sys
from collections.abc import AsyncGenerator, Sequence
from typing import cast

import pyarrow
import pytest
from fastapi import Request
from starlette.responses import StreamingResponse

from modelyard.domain.errors import DatabaseUnavailable
from modelyard.domain.form_errors import FormatUnavailable
from modelyard.presentation.exports.formats import ExportFormat
from modelyard.presentation.exports.response import Export, export_response
from tests.unit.presentation.exported import Item

GET = Request({"type": "http", "method": "GET", "headers": [], "state": {}})
FORMS = [ExportFormat.CSV, ExportFormat.JSONL, ExportFormat.PARQUET]


class Pages:
    """Two pages, then a fault; knows whether it was closed."""

    def __init__(self, good: int = 2) -> None:
        self.good = good
        self.is_closed = False

    async def read(self) -> AsyncGenerator[Sequence[Item], None]:
        try:
            for _ in range(self.good):
                yield [Item(text="row")] * 3
            raise DatabaseUnavailable("the database has gone")
        finally:
            self.is_closed = True


async def answer_of(pages: Pages, form: ExportFormat) -> StreamingResponse:
    export = Export(pages=pages.read(), schema=Item, show=lambda item: item, file_name="items")
    return cast(StreamingResponse, await export_response(GET, form, export))


@pytest.mark.parametrize("form", FORMS)
async def test_what_fails_before_the_first_row_is_an_error(form: ExportFormat) -> None:
    with pytest.raises(DatabaseUnavailable):
        await answer_of(Pages(good=0), form)


@pytest.mark.parametrize("form", FORMS)
async def test_what_fails_later_breaks_off_and_never_looks_whole(form: ExportFormat) -> None:
    pages = Pages()
    response = await answer_of(pages, form)
    body = io.BytesIO()

    async def receive() -> None:
        async for piece in response.body_iterator:
            body.write(cast(bytes, piece))

    with pytest.raises(DatabaseUnavailable):
        await receive()
    assert pages.is_closed
    assert "content-length" not in response.headers
    if form is ExportFormat.PARQUET:
        with pytest.raises(pyarrow.ArrowInvalid):
            pyarrow.parquet.ParquetFile(io.BytesIO(body.getvalue()))
    else:
        assert body.getvalue().count(b"row") == 6


@pytest.mark.parametrize("form", FORMS)
async def test_a_reader_that_goes_away_ends_the_reading(form: ExportFormat) -> None:
    pages = Pages(good=1000)
    response = await answer_of(pages, form)
    pieces = cast("AsyncGenerator[bytes, None]", response.body_iterator)
    await anext(pieces)
    await pieces.aclose()
    assert pages.is_closed


async def test_parquet_that_is_not_installed_says_how_to_have_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "modelyard.presentation.exports.parquet", raising=False)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(FormatUnavailable) as refusal:
        await answer_of(Pages(), ExportFormat.PARQUET)
    assert "modelyard[parquet]" in refusal.value.hint
    assert (await answer_of(Pages(), ExportFormat.CSV)).status_code == 200

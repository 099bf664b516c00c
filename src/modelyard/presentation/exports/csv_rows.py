"""Rows as CSV (RFC 4180), safe to open in a spreadsheet."""

import csv
import io
import json
from collections.abc import Sequence

from pydantic import BaseModel

from modelyard.domain.event import rfc3339
from modelyard.presentation.exports.columns import Column, Kind

MEDIA_TYPE = "text/csv; charset=utf-8; header=present"

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What a spreadsheet may take for the beginning of a formula; the last four are the wide forms of the first."""

_GUARD = "'"


def guarded(text: str) -> str:
    """Text that no spreadsheet computes: one that begins like a formula gets an apostrophe before it.

    So does one that begins with an apostrophe; taking one from each text that begins with it gives the text again.
    """
    return _GUARD + text if text.startswith((_GUARD, *_FORMULA)) else text


def cell_of(value: object, kind: Kind) -> str:
    """A value as it stands in a cell: nothing for null, numbers bare, what holds other values as JSON."""
    if value is None:
        return ""
    if kind is Kind.MOMENT:
        return rfc3339(value)
    if isinstance(value, str) and kind in {Kind.TEXT, Kind.SCALAR}:
        return guarded(value)
    return document_of(value)


def document_of(value: object) -> str:
    """A value as JSON on one line."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


class CsvRows:
    """A header with the names of the columns, then a line for each row; UTF-8, CRLF."""

    media_type = MEDIA_TYPE

    def __init__(self, columns: Sequence[Column]) -> None:
        self._columns = columns

    def begin(self) -> bytes:
        """The header."""
        return _lines([[guarded(column.name) for column in self._columns]])

    def encode(self, rows: Sequence[BaseModel]) -> bytes:
        """A line for each row; a text with line ends takes several."""
        return _lines([[cell_of(column.read(row), column.kind) for column in self._columns] for row in rows])

    def end(self) -> bytes:
        """Nothing."""
        return b""


def _lines(rows: Sequence[Sequence[str]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()

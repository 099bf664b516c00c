"""The four forms of an answer: a table for people, JSON and YAML with the API's documents, CSV with chosen columns."""

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain

from modelyard.client.answers import Document

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "'")


class Output(StrEnum):
    """How an answer is printed."""

    TABLE = "table"
    JSON = "json"
    YAML = "yaml"
    CSV = "csv"


@dataclass(frozen=True, slots=True)
class Column:
    """A column, or a line where there is one document: its heading, and where its value is in a document."""

    name: str
    find: Callable[[Document], object] | None = None

    def of(self, document: Document) -> object:
        """The value; without `find`, the member of the column's name."""
        return document.get(self.name) if self.find is None else self.find(document)


def columns(*names: str | Column) -> tuple[Column, ...]:
    """Columns by the names of members, or ready ones."""
    return tuple(Column(one) if isinstance(one, str) else one for one in names)


def json_text(document: object) -> str:
    """A document as JSON for programs and people."""
    return json.dumps(document, indent=2, ensure_ascii=False)


def json_list(documents: Iterable[Document]) -> Iterator[str]:
    """A JSON array, document by document, so that long lists need no memory."""
    first = next(rest := iter(documents), None)
    if first is None:
        yield "[]\n"
        return
    yield f"[\n{_indented(first)}"
    for document in rest:
        yield f",\n{_indented(document)}"
    yield "\n]\n"


def yaml_text(document: object) -> str:
    """A document as YAML; members stay in the API's order."""
    import yaml

    return yaml.safe_dump(document, sort_keys=False, allow_unicode=True)


def yaml_list(documents: Iterable[Document]) -> Iterator[str]:
    """A YAML sequence, document by document."""
    first = next(rest := iter(documents), None)
    if first is None:
        yield "[]\n"
        return
    for document in chain([first], rest):
        yield yaml_text([document])


def csv_rows(documents: Iterable[Document], columns: Sequence[Column]) -> Iterator[str]:
    """A header and one row for each document (RFC 4180); what holds other values stands as JSON in its cell."""
    yield _csv_line([column.name for column in columns])
    for document in documents:
        yield _csv_line([_cell(column.of(document)) for column in columns])


def _csv_line(cells: Sequence[str]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerow(cells)
    return text.getvalue()


def _cell(value: object) -> str:
    """Text that a spreadsheet would take for a formula gets an apostrophe, as in the exports of the API."""
    if value is None:
        return ""
    if isinstance(value, str):
        return f"'{value}" if value.startswith(_FORMULA) else value
    if isinstance(value, bool | dict | list):
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return repr(value)


def _indented(document: Document) -> str:
    return "\n".join(f"  {line}" for line in json_text(document).splitlines())

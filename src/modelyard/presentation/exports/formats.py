"""In which forms a list can be had, and what writes them."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Protocol

from pydantic import BaseModel

from modelyard.domain.form_errors import FormatUnavailable
from modelyard.presentation.exports.columns import Column
from modelyard.presentation.exports.csv_rows import CsvRows
from modelyard.presentation.exports.json_lines import JsonLines


class ExportFormat(StrEnum):
    """The form of a list: a page as JSON, or all of it."""

    JSON = "json"
    CSV = "csv"
    JSONL = "jsonl"
    PARQUET = "parquet"


class Encoder(Protocol):
    """Writes rows as a file, piece by piece."""

    @property
    def media_type(self) -> str:
        """What the file is, with its parameters."""

    def begin(self) -> bytes:
        """What stands before the first row."""

    def encode(self, rows: Sequence[BaseModel]) -> bytes:
        """The next rows, or what is ready of them by now."""

    def end(self) -> bytes:
        """What is still missing. A file without it can be told from a whole one by its readers, or by HTTP."""


def encoder_of(form: ExportFormat, columns: Sequence[Column]) -> Encoder:
    """What writes rows in this form.

    Raises:
        FormatUnavailable: it needs an extra that is not installed.
    """
    if form is ExportFormat.PARQUET:
        return _parquet(columns)
    return CsvRows(columns) if form is ExportFormat.CSV else JsonLines()


def _parquet(columns: Sequence[Column]) -> Encoder:
    try:
        # An extra, and heavy: nobody else shall need it, or wait for its import.
        from modelyard.presentation.exports.parquet import ParquetRows  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise FormatUnavailable(
            "Parquet is not installed on this server",
            hint="Ask for CSV or JSON lines, or have the operator install modelyard[parquet].",
        ) from error
    return ParquetRows(columns)

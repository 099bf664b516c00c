"""Rows as Parquet. Imports pyarrow, so this is imported only where somebody asks for it."""

from collections.abc import Mapping, Sequence

import pyarrow
from pyarrow.parquet import ParquetWriter
from pydantic import BaseModel

from modelyard.presentation.exports.columns import Column, Kind
from modelyard.presentation.exports.csv_rows import document_of
from modelyard.presentation.http.attachment import Sink

MEDIA_TYPE = "application/vnd.apache.parquet"
GROUP_ROWS = 10_000
GROUP_BYTES = 16 * 1024**2
"""A row group ends at whichever of the two comes first; it is what is held in memory."""

_TYPES = {
    Kind.TEXT: pyarrow.string(),
    Kind.INTEGER: pyarrow.int64(),
    Kind.NUMBER: pyarrow.float64(),
    Kind.MOMENT: pyarrow.timestamp("ms", tz="UTC"),
    Kind.TEXTS: pyarrow.list_(pyarrow.string()),
    Kind.INTEGERS: pyarrow.list_(pyarrow.int64()),
    Kind.TEXT_MAP: pyarrow.map_(pyarrow.string(), pyarrow.string()),
    Kind.NUMBER_MAP: pyarrow.map_(pyarrow.string(), pyarrow.float64()),
    Kind.JSON: pyarrow.string(),
    Kind.SCALAR: pyarrow.string(),
}


class ParquetRows:
    """Typed columns in row groups of bounded size. The footer comes last: what was broken off cannot be opened."""

    media_type = MEDIA_TYPE

    def __init__(self, columns: Sequence[Column]) -> None:
        self._columns = columns
        self._schema = pyarrow.schema([(column.name, _TYPES[column.kind]) for column in columns])
        self._sink = Sink()
        self._writer = ParquetWriter(self._sink, self._schema, compression="zstd")
        self._waiting: list[pyarrow.RecordBatch] = []

    def begin(self) -> bytes:
        """What tells that it is Parquet."""
        return self._sink.taken()

    def encode(self, rows: Sequence[BaseModel]) -> bytes:
        """A row group, if there is enough for one by now."""
        arrays = [
            pyarrow.array([_value_of(column.read(row), column.kind) for row in rows], type=_TYPES[column.kind])
            for column in self._columns
        ]
        self._waiting.append(pyarrow.record_batch(arrays, schema=self._schema))
        is_enough = sum(batch.num_rows for batch in self._waiting) >= GROUP_ROWS
        if is_enough or sum(batch.nbytes for batch in self._waiting) >= GROUP_BYTES:
            self._write()
        return self._sink.taken()

    def end(self) -> bytes:
        """The last row group, and the footer."""
        self._write()
        self._writer.close()
        return self._sink.taken()

    def _write(self) -> None:
        table = pyarrow.Table.from_batches(self._waiting, self._schema)
        self._waiting = []
        if table.num_rows:
            self._writer.write_table(table)


def _value_of(value: object, kind: Kind) -> object:
    """As pyarrow takes it for a column of this kind."""
    if isinstance(value, Mapping) and kind in {Kind.TEXT_MAP, Kind.NUMBER_MAP}:
        return list(value.items())
    is_document = kind is Kind.JSON or (kind is Kind.SCALAR and not isinstance(value, str))
    return document_of(value) if is_document and value is not None else value

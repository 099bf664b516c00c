"""Items of every kind of field, and exports read back by others' readers."""

import csv
import io
import json
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any

import pyarrow.parquet
from pydantic import BaseModel, Field

from modelyard.domain.event import rfc3339
from modelyard.presentation.exports.columns import Column, Kind

AT = datetime(2026, 1, 31, 12, 0, 0, 5000, tzinfo=UTC)


class Colour(StrEnum):
    RED = "red"


class Inner(BaseModel):
    a: int


class Item(BaseModel):
    """One field of each kind."""

    text: Annotated[str, Field(max_length=10**6)] = ""
    maybe: str | None = None
    colour: Colour = Colour.RED
    number: Annotated[int, Field(ge=0)] | None = None
    value: float = 0.0
    at: datetime = AT
    tags: dict[str, str] = {}
    metrics: dict[str, float] = {}
    params: dict[str, Any] = {}
    metadata: dict[str, Any] | None = None
    aliases: list[str] = []
    production: list[Annotated[int, Field(ge=1)]] = []
    inner: Inner | None = None


def unguarded(cell: str) -> str:
    """What stood in a cell of text before it was made safe."""
    return cell.removeprefix("'")


def read_csv(body: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(body.decode(), newline=""), strict=True))


def value_in(cell: str, kind: Kind) -> object:
    """The value that a cell of CSV stands for, as JSON has it."""
    if kind is Kind.TEXT:
        return unguarded(cell)
    return cell if kind is Kind.MOMENT else json.loads(cell)


def read_parquet(body: bytes) -> list[dict[str, Any]]:
    table = pyarrow.parquet.read_table(io.BytesIO(body))
    return [dict(row) for row in table.to_pylist(maps_as_pydicts="strict")]


def value_of(value: object, column: Column) -> object:
    """A value read from Parquet, as JSON has it."""
    if isinstance(value, datetime):
        return rfc3339(value)
    return json.loads(value) if column.kind is Kind.JSON and isinstance(value, str) else value

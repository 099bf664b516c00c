"""What exports write, read back by readers that are not ours."""

import json
import re
import tracemalloc
from collections.abc import Sequence

import pyarrow
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelyard.presentation.exports.columns import columns_of
from modelyard.presentation.exports.csv_rows import CsvRows, guarded
from modelyard.presentation.exports.formats import Encoder, ExportFormat, encoder_of
from modelyard.presentation.exports.parquet import GROUP_ROWS, ParquetRows
from tests.strategies import finite_floats, json_objects, json_values, names, texts
from tests.unit.presentation.exported import Item, read_csv, read_parquet, unguarded, value_in, value_of

MIB = 2**20
FORMULA = re.compile(r"[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")
HOSTILE = [
    *("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "\uff1d1", "\uff0b1", "\uff0d1", "\uff20x"),
    *("'", "''", "'=1", '=HYPERLINK("http://x","y")', "=cmd|' /C calc'!A0", "-2+3+cmd|' /C calc'!A0"),
    *('"', '""', 'a"b', "a,b", "a;b", "a\r\nb", "a\nb", "\ufeffa", "ä💥", "", " =1", "NULL", "0123", "1e5"),
]

hostile_texts = st.sampled_from(HOSTILE) | texts | st.builds(str.__add__, st.sampled_from(list("=+-@\t\r\n'")), texts)
items = st.builds(
    Item,
    text=hostile_texts,
    maybe=st.none() | hostile_texts.filter(bool),
    number=st.none() | st.integers(0, 2**53 - 1),
    value=finite_floats,
    tags=st.dictionaries(names, hostile_texts, max_size=3),
    metrics=st.dictionaries(names, finite_floats, max_size=3),
    params=json_objects,
    metadata=st.none() | json_objects,
    aliases=st.lists(hostile_texts, max_size=3),
    production=st.lists(st.integers(1, 99), max_size=3),
)


def written(encoder: Encoder, *pages: Sequence[Item]) -> bytes:
    return b"".join([encoder.begin(), *map(encoder.encode, pages), encoder.end()])


def as_listed(item: Item) -> dict[str, object]:
    document: dict[str, object] = json.loads(item.model_dump_json())
    return document | {"at": "2026-01-31T12:00:00.005Z"}


@given(st.lists(items, max_size=4))
def test_csv_gives_back_every_value(rows: list[Item]) -> None:
    columns = columns_of(Item)
    lines = read_csv(written(CsvRows(columns), rows))
    assert len(lines) == len(rows)
    for line, row in zip(lines, rows, strict=True):
        listed = as_listed(row)
        assert list(line) == list(listed)
        for column in columns:
            cell, value = line[column.name], listed[column.name]
            assert (cell == "") if value is None else value_in(cell, column.kind) == value, column.name


@given(st.lists(items, max_size=4))
def test_no_cell_of_text_begins_like_a_formula(rows: list[Item]) -> None:
    for line in read_csv(written(CsvRows(columns_of(Item)), rows)):
        for name, cell in line.items():
            assert name in {"value", "number"} or not FORMULA.match(cell)


@pytest.mark.parametrize("text", HOSTILE)
def test_what_makes_a_text_safe_can_be_taken_off_again(text: str) -> None:
    assert unguarded(guarded(text)) == text
    assert guarded(text) in {text, f"'{text}"}
    assert not FORMULA.match(guarded(text))


@pytest.mark.parametrize(
    ("value", "cell"),
    [(-0.5, "-0.5"), (1e-300, "1e-300"), (-5, "-5"), ("-5", "'-5"), ("gini", "gini"), (True, "true"), ([1], "[1]")],
)
def test_numbers_are_never_touched(value: object, cell: str) -> None:
    columns = columns_of(Item, "param.x")
    [line] = read_csv(written(CsvRows(columns), [Item(params={"x": value}, value=-0.5)]))
    assert (line["param.x"], line["value"]) == (cell, "-0.5")


def test_csv_is_as_the_rfc_has_it() -> None:
    body = written(CsvRows(columns_of(Item)[:3]), [Item(text='a,"b"\nc')], [Item(text="ü")])
    assert body == 'text,maybe,colour\r\n"a,""b""\nc",,red\r\nü,,red\r\n'.encode()


@given(st.lists(items, max_size=4))
def test_json_lines_are_the_items_of_the_list(rows: list[Item]) -> None:
    body = written(encoder_of(ExportFormat.JSONL, columns_of(Item)), rows)
    assert body == b"".join(row.model_dump_json().encode() + b"\n" for row in rows)
    assert [json.loads(line) for line in body.split(b"\n")[:-1]] == [json.loads(row.model_dump_json()) for row in rows]


@given(st.lists(items, max_size=4), st.dictionaries(names, json_values, max_size=2))
def test_parquet_gives_back_every_value(rows: list[Item], params: dict[str, object]) -> None:
    rows = [row.model_copy(update={"params": params}) for row in rows]
    columns = columns_of(Item, "metric.auc")
    found = read_parquet(written(ParquetRows(columns), rows[:2], rows[2:]))
    assert len(found) == len(rows)
    for line, row in zip(found, rows, strict=True):
        assert line.pop("metric.auc") == row.metrics.get("auc")
        assert {c.name: value_of(line[c.name], c) for c in columns[:-1]} == as_listed(row)


def test_parquet_has_typed_columns() -> None:
    columns = columns_of(Item, "metric.auc,tag.team,param.max_depth")
    schema = pyarrow.parquet.read_schema(pyarrow.BufferReader(written(ParquetRows(columns))))
    types = {field.name: str(field.type) for field in schema}
    assert types["at"] == "timestamp[ms, tz=UTC]"
    assert (types["number"], types["value"], types["metric.auc"], types["tag.team"]) == (
        *("int64", "double", "double", "string"),
    )
    assert types["tags"].startswith("map<string, string")
    assert types["metrics"].startswith("map<string, double")
    assert (types["params"], types["param.max_depth"]) == ("string", "string")


def test_parquet_that_was_broken_off_cannot_be_opened() -> None:
    encoder = ParquetRows(columns_of(Item))
    body = encoder.begin() + encoder.encode([Item()] * GROUP_ROWS)
    assert len(body) > 100
    with pytest.raises(pyarrow.ArrowInvalid):
        read_parquet(body)


def test_row_groups_are_bounded_in_rows_and_in_bytes() -> None:
    few, large = ParquetRows(columns_of(Item)), ParquetRows(columns_of(Item))
    many_rows = written(few, *[[Item()] * 500] * 50)
    large_rows = written(large, *[[Item(text="x" * 100_000)] * 100] * 5)
    for body, expected in ((many_rows, [10_000, 10_000, 5_000]), (large_rows, [200, 200, 100])):
        metadata = pyarrow.parquet.read_metadata(pyarrow.BufferReader(body))
        assert [metadata.row_group(index).num_rows for index in range(metadata.num_row_groups)] == expected


@pytest.mark.parametrize("form", [ExportFormat.CSV, ExportFormat.JSONL, ExportFormat.PARQUET])
def test_memory_stays_flat_however_many_rows_there_are(form: ExportFormat) -> None:
    encoder = encoder_of(form, columns_of(Item))
    page = [Item(text=f"{number:05}" * 40, params={"depth": number}) for number in range(500)]
    pool = pyarrow.default_memory_pool()
    held_bytes = pool.bytes_allocated()
    encoder.begin()
    peak_bytes = 0
    tracemalloc.start()
    try:
        for _ in range(80):  # 40,000 rows
            encoder.encode(page)
            peak_bytes = max(peak_bytes, pool.bytes_allocated() - held_bytes)
        encoder.end()
        _, traced_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert traced_bytes < 4 * MIB
    assert peak_bytes < 24 * MIB

"""Whole lists as files, held against the lists that are answered page by page."""

import csv
import io
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pyarrow.parquet
import pytest
from pydantic import BaseModel

from modelyard.domain.bounds import MAX_PAGE_ITEMS
from modelyard.presentation.api.events.schemas import EventRead
from modelyard.presentation.api.metrics.schemas import HistoryPoint
from modelyard.presentation.api.models.schemas import ModelRead
from modelyard.presentation.api.versions.schemas import VersionSummary
from modelyard.presentation.exports.columns import columns_of
from tests.api.steps import MODEL, Document, add_model, add_version, done, fill, move, pointers, refused
from tests.unit.presentation.exported import read_csv, read_parquet, value_in, value_of

HOSTILE = ["=1+1", "@SUM(A1)", "-2", 'größe "a", b;c', "'quoted", "\uff1d1"]
ITEMS: dict[str, type[BaseModel]] = {
    "/models": ModelRead,
    "/versions": VersionSummary,
    f"{MODEL}/versions": VersionSummary,
    "/events": EventRead,
    f"{MODEL}/events": EventRead,
}
SEARCHES = ["/models", "/versions", f"{MODEL}/versions"]
MEDIA_TYPES = {
    "csv": "text/csv; charset=utf-8; header=present",
    "jsonl": "application/jsonl",
    "parquet": "application/vnd.apache.parquet",
}

each_list = pytest.mark.parametrize("address", ITEMS)
each_form = pytest.mark.parametrize("form", MEDIA_TYPES)


@pytest.fixture
async def filled(api: httpx.AsyncClient) -> httpx.AsyncClient:
    await fill(api)
    for number, text in enumerate(HOSTILE):
        await add_model(api, text.replace("@", "a"), description=text, tags={"team": text, "number": str(number)})
        description: Document = {"description": text, "tags": {"team": text}, "params": {"max_depth": number}}
        await add_version(api, **description, metadata={"deep": {"text": text, "list": [1, None]}})
    metrics = [{"name": "loss", "value": -0.1, "dataset": "holdout"}, {"name": "auc", "value": 1 / 3}]
    done(await api.post(f"{MODEL}/versions/6/metrics", json={"metrics": metrics}))
    await move(api, 6, "staging")
    return api


async def pages(api: httpx.AsyncClient, address: str, **parameters: Any) -> AsyncIterator[list[Document]]:
    page: Document = {"next_cursor": None}
    while True:
        cursor = {"cursor": page["next_cursor"]} if page["next_cursor"] else {}
        page = done(await api.get(address, params=parameters | cursor))
        yield page["items"]
        if page["next_cursor"] is None:
            return


async def listed(api: httpx.AsyncClient, address: str, **parameters: Any) -> list[Document]:
    return [item async for page in pages(api, address, limit=3, **parameters) for item in page]


async def exported(api: httpx.AsyncClient, address: str, form: str, **parameters: Any) -> list[Document]:
    """The items of an export, as JSON has them."""
    response = await api.get(address, params={"format": form, **parameters})
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == MEDIA_TYPES[form]
    if form == "jsonl":
        return [json.loads(line) for line in response.content.split(b"\n")[:-1]]
    columns = columns_of(ITEMS[address])
    if form == "parquet":
        return [{c.name: value_of(row[c.name], c) for c in columns} for row in read_parquet(response.content)]
    return [
        {c.name: value_in(row[c.name], c.kind) if row[c.name] or c.name in EMPTY else None for c in columns}
        for row in read_csv(response.content)
    ]


EMPTY = {"description", "reason", "model"}
"""Texts that may be empty but not null, which CSV does not tell apart."""


@each_form
async def test_an_export_holds_the_list_row_by_row(filled: httpx.AsyncClient, form: str) -> None:
    for address in ITEMS:
        expected = await listed(filled, address)
        assert len(expected) > 5
        assert await exported(filled, address, form) == expected


async def test_each_json_line_is_the_item_to_the_byte(filled: httpx.AsyncClient) -> None:
    for address in ITEMS:
        page = await filled.get(address, params={"limit": MAX_PAGE_ITEMS})
        body = (await filled.get(address, params={"format": "jsonl"})).content
        assert b",".join(body.splitlines()) in page.content


@pytest.mark.parametrize(
    ("address", "parameters"),
    [
        ("/models", {"q": "tag.number:3"}),
        ("/models", {"sort": "-created_at"}),
        ("/versions", {"q": 'tag.team:"-2"', "sort": "number"}),
        (f"{MODEL}/versions", {"q": "stage:staging"}),
        ("/events", {"sort": "sequence", "action": "model.created"}),
        (f"{MODEL}/events", {"version": 6}),
        ("/versions", {"q": "nothing has these words"}),
    ],
)
async def test_it_is_chosen_and_sorted_as_the_list_is(
    filled: httpx.AsyncClient, address: str, parameters: Document
) -> None:
    expected = await listed(filled, address, **parameters)
    for form in MEDIA_TYPES:
        assert await exported(filled, address, form, **parameters) == expected


@each_list
async def test_limit_bounds_the_rows_only_where_it_is_given_and_cursor_says_where_to_begin(
    filled: httpx.AsyncClient, address: str
) -> None:
    everything = await listed(filled, address)
    page = done(await filled.get(address, params={"limit": 2}))
    assert await exported(filled, address, "jsonl", limit=3) == everything[:3]
    assert await exported(filled, address, "jsonl", cursor=page["next_cursor"]) == everything[2:]
    assert await exported(filled, address, "jsonl", cursor=page["next_cursor"], limit=2) == everything[2:4]
    assert await exported(filled, address, "jsonl", limit=10**9) == everything
    refused(await filled.get(address, params={"limit": MAX_PAGE_ITEMS + 1}), 422, "invalid-input")


async def test_more_than_a_page_is_walked_to_its_end(api: httpx.AsyncClient) -> None:
    for number in range(MAX_PAGE_ITEMS + 3):
        await add_model(api, f"m{number:04}")
    expected = [f"m{number:04}" for number in range(MAX_PAGE_ITEMS + 3)]
    for form in MEDIA_TYPES:
        assert [item["name"] for item in await exported(api, "/models", form)] == expected
    assert len(await exported(api, "/models", "jsonl", limit=MAX_PAGE_ITEMS + 1)) == MAX_PAGE_ITEMS + 1


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("text/csv", "text/csv"),
        ("application/jsonl", "application/jsonl"),
        ("application/vnd.apache.parquet", "application/vnd.apache.parquet"),
        ("text/csv;q=0.5, application/jsonl", "application/jsonl"),
        ("application/json;q=0.9, text/csv", "text/csv"),
        ("*/*", "application/json"),
        ("text/html, */*;q=0.8", "application/json"),
        ("image/png", "application/json"),
    ],
)
async def test_the_form_is_agreed_on_by_accept(filled: httpx.AsyncClient, accept: str, expected: str) -> None:
    for address in ITEMS:
        response = await filled.get(address, headers={"Accept": accept})
        assert response.headers["content-type"].partition(";")[0] == expected
        assert response.headers["vary"] == "Accept"


@each_list
async def test_the_parameter_comes_before_accept(filled: httpx.AsyncClient, address: str) -> None:
    for form, accept, expected in (
        ("csv", "application/json", "text/csv"),
        ("json", "text/csv", "application/json"),
        ("jsonl", "text/event-stream", "application/jsonl"),
    ):
        response = await filled.get(address, params={"format": form}, headers={"Accept": accept})
        assert response.headers["content-type"].partition(";")[0] == expected
    for form in ("xml", "", "CSV", "svg"):
        problem = refused(await filled.get(address, params={"format": form}), 422, "invalid-input")
        assert pointers(problem) == ["format"]


@pytest.mark.parametrize(
    "name", ["=1+1", "-2", 'größe "a", b;c', "'quoted", "größe.v2", "a b", "..x", "x" * 200, "名前"]
)
async def test_the_name_of_the_file_is_safe_whatever_the_model_is_called(api: httpx.AsyncClient, name: str) -> None:
    await add_model(api, name)
    response = await api.get(f"/models/{name}/versions", params={"format": "csv"})
    disposition = response.headers["content-disposition"]
    plain, _, encoded = disposition.removeprefix('attachment; filename="').partition("\"; filename*=UTF-8''")
    assert not set('"\\/%\r\n') & set(plain)
    assert plain.endswith("-versions.csv")
    assert str(httpx.URL(f"http://x/?{encoded}").query, "ascii") == encoded
    assert response.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in response.headers["content-security-policy"]


@each_form
async def test_a_head_says_what_a_get_would_be(filled: httpx.AsyncClient, form: str) -> None:
    for address in ITEMS:
        get = await filled.get(address, params={"format": form})
        head = await filled.head(address, params={"format": form})
        assert (head.status_code, head.content) == (200, b"")
        for name in ("content-type", "content-disposition", "content-length"):
            assert head.headers.get(name) == get.headers.get(name)
    refused(await filled.get("/models/none/versions", params={"format": form}), 404, "model-not-found")


@each_form
async def test_what_is_refused_of_a_list_is_refused_of_an_export(filled: httpx.AsyncClient, form: str) -> None:
    for address in ITEMS:
        refused(await filled.get(address, params={"format": form, "cursor": "x"}), 400, "invalid-cursor")
        for name, value in (("sort", "nothing"), ("limit", "0"), ("limit", "1" + "0" * 20)):
            problem = refused(await filled.get(address, params={"format": form, name: value}), 422, "invalid-input")
            assert pointers(problem) == [name]
    for address in SEARCHES:
        refused(await filled.get(address, params={"format": form, "q": "nmae:a"}), 400, "query-syntax")


class TestColumns:
    async def test_metrics_tags_and_params_become_columns(self, filled: httpx.AsyncClient) -> None:
        added = "metric.loss@holdout,metric.auc,tag.team,param.max_depth,meta.deep.text"
        response = await filled.get(f"{MODEL}/versions", params={"format": "csv", "columns": added, "q": "number:6"})
        [row] = read_csv(response.content)
        assert [row[name] for name in added.split(",")] == ["-0.1", repr(1 / 3), "'@SUM(A1)", "1", "'@SUM(A1)"]
        response = await filled.get(f"{MODEL}/versions", params={"format": "parquet", "columns": added})
        table = pyarrow.parquet.read_table(io.BytesIO(response.content))
        assert str(table.schema.field("metric.auc").type) == "double"
        assert table["metric.loss@holdout"].to_pylist().count(-0.1) == 1

    async def test_names_with_commas_are_quoted_as_in_csv(self, filled: httpx.AsyncClient) -> None:
        await add_model(filled, "other", tags={"a,b": "x"})
        response = await filled.get("/models", params={"format": "csv", "columns": '"tag.a,b"', "q": "name:other"})
        assert next(csv.DictReader(io.StringIO(response.text)))["tag.a,b"] == "x"

    @pytest.mark.parametrize("address", SEARCHES)
    async def test_what_is_no_column_is_refused(self, filled: httpx.AsyncClient, address: str) -> None:
        for added in ("auc", "tag.", "tag.a,tag.a", ",", "x" * 10_001):
            response = await filled.get(address, params={"format": "csv", "columns": added})
            assert pointers(refused(response, 422, "invalid-input")) == ["columns"]
        for form in ("json", "jsonl"):
            response = await filled.get(address, params={"format": form, "columns": "tag.team"})
            assert pointers(refused(response, 422, "invalid-input")) == ["columns"]


class TestHistory:
    ADDRESS = f"{MODEL}/versions/4/metrics/loss/history"

    @pytest.fixture
    async def measured(self, api: httpx.AsyncClient) -> httpx.AsyncClient:
        await fill(api)
        for start in range(0, 12_000, 6_000):
            steps = range(start, start + 6_000)
            metrics = [{"name": "loss", "value": -1 / (step + 1), "step": step * 2, "dataset": "a"} for step in steps]
            done(await api.post(f"{MODEL}/versions/4/metrics", json={"metrics": metrics}))
        return api

    async def test_it_is_whole_in_each_form(self, measured: httpx.AsyncClient) -> None:
        first = done(await measured.get(self.ADDRESS, params={"dataset": "a", "limit": 10_000}))
        after = {"dataset": "a", "after_step": first["next_after_step"], "limit": 10_000}
        expected = first["items"] + done(await measured.get(self.ADDRESS, params=after))["items"]
        assert len(expected) == 12_000
        for form in MEDIA_TYPES:
            assert await self.points(measured, form) == expected
            assert await self.points(measured, form, after_step=20_000) == expected[10_001:]
            assert await self.points(measured, form, limit=11_000) == expected[:11_000]
            assert await self.points(measured, form, slice="none") == []

    async def points(self, api: httpx.AsyncClient, form: str, **parameters: Any) -> list[Document]:
        response = await api.get(self.ADDRESS, params={"dataset": "a", "format": form, **parameters})
        assert response.headers["content-disposition"].startswith(f'attachment; filename="churn-4-loss.{form}"')
        if form == "jsonl":
            return [json.loads(line) for line in response.content.splitlines()]
        columns = columns_of(HistoryPoint)
        if form == "parquet":
            return [{c.name: value_of(row[c.name], c) for c in columns} for row in read_parquet(response.content)]
        return [{c.name: value_in(row[c.name], c.kind) for c in columns} for row in read_csv(response.content)]

    async def test_what_is_refused_of_it(self, measured: httpx.AsyncClient) -> None:
        assert pointers(refused(await measured.get(self.ADDRESS, params={"limit": 10_001}), 422, "invalid-input")) == [
            "limit"
        ]
        for form in MEDIA_TYPES:
            address = f"{MODEL}/versions/9/metrics/loss/history"
            refused(await measured.get(address, params={"format": form}), 404, "version-not-found")
            address = f"{MODEL}/versions/4/metrics/a@b/history"
            refused(await measured.get(address, params={"format": form}), 422, "invalid-input")

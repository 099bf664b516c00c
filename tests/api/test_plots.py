"""Plots over HTTP."""

import json
import struct
from xml.etree import ElementTree

import httpx
import pytest

from tests.api.steps import FIRST, MODEL, Document, add_model, add_version, done, pointers, refused

HISTORY = f"{FIRST}/metrics/loss/history"
MEDIA_TYPES = {"vegalite": "application/vnd.vegalite.v5+json", "svg": "image/svg+xml", "png": "image/png"}


@pytest.fixture
async def measured(api: httpx.AsyncClient) -> httpx.AsyncClient:
    await add_version(api)
    metrics = [
        {"name": "loss", "value": 1 / (step + 1), "step": step, "dataset": "holdout", "slice": "<b>&age"}
        for step in range(30)
    ]
    done(await api.post(f"{FIRST}/metrics", json={"metrics": metrics}))
    return api


async def plot(api: httpx.AsyncClient, address: str, form: str, **parameters: object) -> httpx.Response:
    of_metric: Document = {"dataset": "holdout", "slice": "<b>&age", "format": form, **parameters}
    response = await api.get(address, params=of_metric)
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == MEDIA_TYPES[form]
    return response


async def test_the_document_holds_the_history(measured: httpx.AsyncClient) -> None:
    listed = done(await measured.get(HISTORY, params={"dataset": "holdout", "slice": "<b>&age"}))["items"]
    document = (await plot(measured, HISTORY, "vegalite")).json()
    assert document["$schema"].endswith("/vega-lite/v5.json")
    assert document["title"]["text"] == "loss of churn:1"
    assert document["data"]["values"] == [{"step": item["step"], "value": item["value"]} for item in listed]
    some = (await plot(measured, HISTORY, "vegalite", points=10)).json()
    assert len(some["data"]["values"]) == 10
    assert some["title"]["subtitle"].endswith("the extremes of 30 values")


async def test_a_long_history_is_plotted_whole_in_few_points(measured: httpx.AsyncClient) -> None:
    metrics = [{"name": "long", "value": 9.0 if step == 3333 else 0.5, "step": step} for step in range(6000)]
    done(await measured.post(f"{FIRST}/metrics", json={"metrics": metrics}))
    address = f"{FIRST}/metrics/long/history"
    document = (await measured.get(address, params={"format": "vegalite"})).json()
    rows = document["data"]["values"]
    assert len(rows) <= 1000
    assert (rows[0]["step"], rows[-1]["step"]) == (0, 5999)
    assert {"step": 3333, "value": 9.0} in rows
    assert document["title"]["subtitle"] == "steps 0 to 5999 · the extremes of 6,000 values"
    for part in ({"limit": 5999}, {"after_step": 9}):
        response = await measured.get(address, params={"format": "vegalite", **part})
        assert pointers(refused(response, 422, "invalid-input")) == ["points"]


async def test_it_is_drawn_in_the_size_and_the_theme_that_are_asked_for(measured: httpx.AsyncClient) -> None:
    png = (await plot(measured, HISTORY, "png", width=300, height=200)).content
    assert struct.unpack(">II", png[16:24]) == (300, 200)
    light = (await plot(measured, HISTORY, "svg", width=300, height=200)).text
    dark = (await plot(measured, HISTORY, "svg", width=300, height=200, theme="dark")).text
    assert ElementTree.fromstring(light).attrib["width"] == "300"  # noqa: S314 - our own
    assert 'fill="#ffffff"' in light
    assert 'fill="#0d1117"' in dark
    assert "&lt;b&gt;&amp;age" in light


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("width", value) for value in ("99", "2001", "0", "-1", "1e3", "x")),
        *(("height", value) for value in ("99", "2001")),
        *(("theme", value) for value in ("blue", "")),
        ("format", "pdf"),
        ("limit", "0"),
    ],
)
async def test_what_cannot_be_drawn_is_refused(measured: httpx.AsyncClient, name: str, value: str) -> None:
    response = await measured.get(HISTORY, params={"format": "svg", name: value})
    assert pointers(refused(response, 422, "invalid-input")) == [name]


@pytest.mark.parametrize("form", MEDIA_TYPES)
async def test_a_plot_that_is_known_is_not_sent_again(measured: httpx.AsyncClient, form: str) -> None:
    first = await plot(measured, HISTORY, form)
    head = await measured.head(str(first.request.url))
    assert (head.status_code, head.headers["etag"], head.headers["content-type"]) == (
        *(200, first.headers["etag"], MEDIA_TYPES[form]),
    )
    known = {"If-None-Match": first.headers["etag"]}
    again = await measured.get(str(first.request.url), headers=known)
    assert (again.status_code, again.content) == (304, b"")
    more = {"metrics": [{"name": "loss", "value": 0.01, "step": 99, "dataset": "holdout", "slice": "<b>&age"}]}
    done(await measured.post(f"{FIRST}/metrics", json=more))
    assert (await measured.get(str(first.request.url), headers=known)).status_code == 200


async def test_each_form_and_theme_has_an_etag_of_its_own(measured: httpx.AsyncClient) -> None:
    tags = {
        (await plot(measured, HISTORY, form, theme=theme)).headers["etag"]
        for form in MEDIA_TYPES
        for theme in ("light", "dark")
    }
    assert len(tags) == 6


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("application/vnd.vegalite.v5+json", "application/vnd.vegalite.v5+json"),
        ("image/svg+xml", "image/svg+xml"),
        ("image/png", "image/png"),
        ("image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8", "image/svg+xml"),
        ("image/*", "image/svg+xml"),
        ("text/html,application/xhtml+xml,image/avif,image/webp,*/*;q=0.8", "application/json"),
        ("*/*", "application/json"),
    ],
)
async def test_the_form_is_agreed_on_by_accept(measured: httpx.AsyncClient, accept: str, expected: str) -> None:
    response = await measured.get(HISTORY, headers={"Accept": accept})
    assert response.headers["content-type"] == expected
    assert response.headers["vary"] == "Accept"


@pytest.mark.parametrize("form", MEDIA_TYPES)
async def test_nothing_runs_in_a_browser(measured: httpx.AsyncClient, form: str) -> None:
    headers = (await plot(measured, HISTORY, form)).headers
    assert headers["content-security-policy"].startswith("default-src 'none'")
    assert headers["x-content-type-options"] == "nosniff"


async def test_what_is_not_there_is_a_problem(measured: httpx.AsyncClient) -> None:
    for form in MEDIA_TYPES:
        refused(await measured.get(HISTORY.replace("/1/", "/9/"), params={"format": form}), 404, "version-not-found")
    empty = await measured.get(HISTORY, params={"format": "vegalite", "dataset": "none"})
    assert json.loads(empty.content)["data"]["values"] == []


async def test_a_leaderboard_is_plotted_in_its_order(measured: httpx.AsyncClient) -> None:
    wanted = {"metric": "loss", "dataset": "holdout", "slice": "<b>&age", "direction": "lower"}
    for address in (f"{MODEL}/leaderboard", "/leaderboard"):
        document = (await measured.get(address, params={**wanted, "format": "vegalite"})).json()
        assert [row["version"] for row in document["data"]["values"]] == ["churn:1"]
        assert document["title"]["subtitle"] == "lower is better"
        page = await measured.get(address, params=wanted)
        assert page.headers["content-type"] == "application/json"
        drawn = await measured.get(address, params=wanted, headers={"Accept": "image/svg+xml"})
        assert drawn.content.startswith(b"<svg")


async def test_a_comparison_is_plotted_by_metric(measured: httpx.AsyncClient) -> None:
    await add_version(measured)
    done(await measured.post(f"{MODEL}/versions/2/metrics", json={"metrics": [{"name": "auc", "value": 0.9}]}))
    for address, versions in ((f"{MODEL}/compare", "1,2"), ("/compare", "churn:1,churn:2")):
        document = (await measured.get(address, params={"versions": versions, "format": "vegalite"})).json()
        rows = {(row["metric"], row["version"]) for row in document["data"]["values"]}
        assert rows == {("auc", "churn:2"), ("loss@holdout/<b>&age", "churn:1")}
        drawn = await measured.get(address, params={"versions": versions, "format": "png"})
        assert drawn.content.startswith(b"\x89PNG")
        again = {"If-None-Match": drawn.headers["etag"]}
        again_drawn = await measured.get(address, params={"versions": versions, "format": "png"}, headers=again)
        assert again_drawn.status_code == 304


async def test_versions_without_metrics_are_plotted_too(api: httpx.AsyncClient) -> None:
    await add_model(api)
    await add_version(api)
    for form, beginning in (("svg", b"<svg"), ("png", b"\x89PNG")):
        drawn = await api.get(f"{MODEL}/compare", params={"versions": "1,latest", "format": form})
        assert drawn.content.startswith(beginning), drawn.text

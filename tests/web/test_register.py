"""Registering from a browser without scripts: one form with files."""

import html
import json
import re
from collections.abc import Mapping
from typing import Any

import httpx

from tests.api.access import Guarded
from tests.api.steps import add_model, digest_of, done, put_blob
from tests.web.pages import browser_of, shown, text_of

FILES: Mapping[str, bytes] = {"model.bin": b"weights", "config/run.json": b"{}"}


async def sent(
    browser: httpx.AsyncClient, fields: Mapping[str, str], files: Mapping[str, bytes] = FILES
) -> httpx.Response:
    """The form as a browser sends it: texts in their order, then files."""
    texts: list[tuple[str, Any]] = [(name, (None, value)) for name, value in fields.items()]
    chosen: list[tuple[str, Any]] = [("file", (path, content)) for path, content in files.items()]
    return await browser.post("/register", files=[*texts, *(chosen or [("file", ("", b""))])])


def stored_in(page: str) -> str:
    found = re.search(r'name="stored" value="([^"]*)"', page)
    assert found is not None
    return html.unescape(found[1])


async def test_a_version_is_registered_with_files_texts_and_metrics(
    browser: httpx.AsyncClient, api: httpx.AsyncClient
) -> None:
    fields = {
        "model": "churn",
        "stored": "",
        "metrics": "auc@holdout: 0.93\r\nauc@holdout/age<30: 0.88",
        "params": "depth: 8\r\nloss: log",
        "card": "# Churn",
        "description": "a tree",
        "tags": "team: risk",
        "framework": "scikit-learn",
        "framework_version": "1.9.1",
        "parent": "",
    }
    answer = await sent(browser, fields)
    assert (answer.status_code, answer.headers["location"]) == (303, "/models/churn/versions/1")
    version = done(await api.get("/models/churn/versions/1"))
    assert {file["path"]: file["digest"] for file in version["files"]} == {
        path: digest_of(content) for path, content in FILES.items()
    }
    assert (version["params"], version["tags"]) == ({"depth": 8, "loss": "log"}, {"team": "risk"})
    assert version["framework"] == {"name": "scikit-learn", "version": "1.9.1"}
    assert (version["card"], version["description"], version["lineage"]) == ("# Churn", "a tree", None)
    assert version["metrics"] == {"auc@holdout": 0.93}
    assert "churn:1 is registered" in text_of(shown(await browser.get("/models/churn/versions/1")))


async def test_the_form_names_the_model_that_one_came_from(browser: httpx.AsyncClient, api: httpx.AsyncClient) -> None:
    await add_model(api, "churn", description="x")
    page = shown(await browser.get("/register?model=churn"))
    assert 'name="model" list="models" value="churn"' in page
    assert '<option value="churn">' in page
    assert 'data-actor="anonymous"' in page


async def test_what_is_wrong_is_told_and_files_need_not_be_sent_again(
    browser: httpx.AsyncClient, api: httpx.AsyncClient
) -> None:
    fields = {"model": "churn", "metrics": "auc: good", "tags": "team risk", "card": "kept"}
    page = shown(await sent(browser, fields), 422)
    assert "The metric auc has no number" in text_of(page)
    assert ">\nkept</textarea>" in page
    assert "2 files, 9 B are here already" in text_of(page)
    assert (await api.get("/models/churn")).status_code == 404
    again = {**fields, "metrics": "", "tags": "team: risk", "stored": stored_in(page)}
    answer = await sent(browser, again, {"config/run.json": b"newer"})
    assert answer.status_code == 303
    version = done(await api.get("/models/churn/versions/1"))
    assert {file["path"]: file["size_bytes"] for file in version["files"]} == {"model.bin": 7, "config/run.json": 5}


async def test_a_metric_that_breaks_a_rule_registers_nothing(
    browser: httpx.AsyncClient, api: httpx.AsyncClient
) -> None:
    page = shown(await sent(browser, {"model": "churn", "metrics": "a@b@c: 1"}), 422)
    assert 'id="fault-metrics"' in page
    assert (await api.get("/models/churn")).status_code == 404


async def test_files_that_the_script_has_sent_are_named_by_their_digests(
    browser: httpx.AsyncClient, api: httpx.AsyncClient
) -> None:
    digest = await put_blob(api, b"weights")
    entry = {"path": "model.bin", "digest": digest, "size_bytes": 7, "media_type": "application/octet-stream"}
    assert (await sent(browser, {"model": "churn", "stored": json.dumps([entry])}, {})).status_code == 303
    missing = entry | {"digest": digest_of(b"never sent")}
    page = shown(await sent(browser, {"model": "churn", "stored": json.dumps([missing])}, {}), 409)
    assert "1 of 1 files are not stored" in text_of(page)
    for stored in ("[", "{}", "[1]", json.dumps([{"path": "../x", "digest": digest, "size_bytes": 7}]), '[{"a": 1}]'):
        shown(await sent(browser, {"model": "churn", "stored": stored}, {}), 422)
    assert len(done(await api.get("/models/churn/versions"))["items"]) == 1


async def test_hostile_forms_are_refused(browser: httpx.AsyncClient) -> None:
    shown(await sent(browser, {"model": "churn"}, {}), 422)
    shown(await sent(browser, {"model": "a/b"}), 422)
    shown(await sent(browser, {"model": ""}), 422)
    shown(await sent(browser, {"model": "churn"}, {"../../etc/passwd": b"x"}), 422)
    shown(await sent(browser, {"model": "churn", **{f"x{number}": "" for number in range(60)}}), 400)
    shown(await browser.post("/register", data={"model": "churn"}), 415)
    twice: list[tuple[str, Any]] = [("model", (None, "a")), ("model", (None, "b"))]
    shown(await browser.post("/register", files=twice), 400)
    page = shown(await sent(browser, {"model": '"><script>alert(1)</script>'}), 422)
    assert "<script>alert" not in page


async def test_one_registers_where_one_may(guarded: Guarded) -> None:
    async with guarded.client() as admin:
        for model in ("own.model", "foreign.model"):
            await add_model(admin, model, description="x")
    await guarded.enrol("ana", ("own.*", "contributor"))
    await guarded.enrol("bo", ("own.*", "reader"))
    async with browser_of(guarded.app, await guarded.token_of("ana")) as ana:
        page = shown(await ana.get("/register"))
        assert "foreign.model" not in page
        assert 'data-actor=""' in page
        assert (await sent(ana, {"model": "own.model", "metrics": "auc: 1"})).status_code == 303
        shown(await sent(ana, {"model": "foreign.model"}), 404)
    async with browser_of(guarded.app, await guarded.token_of("bo")) as bo:
        assert 'href="/register"' not in shown(await bo.get("/"))
        shown(await bo.get("/register"), 403)
        shown(await sent(bo, {"model": "own.model"}), 403)


async def test_nobody_refers_to_the_bytes_of_others_by_their_digest(guarded: Guarded) -> None:
    async with guarded.client() as admin:
        digest = await put_blob(admin, b"secret weights")
    await guarded.enrol("ana", ("own.*", "contributor"))
    entry = {"path": "model.bin", "digest": digest, "size_bytes": 14}
    async with browser_of(guarded.app, await guarded.token_of("ana")) as ana:
        shown(await sent(ana, {"model": "own.model", "stored": json.dumps([entry])}, {}), 409)

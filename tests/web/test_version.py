"""The pages of a version."""

import httpx
import pytest

from tests.api.access import Guarded
from tests.api.steps import add_version, move
from tests.web.pages import browser_of, link_of, shown, text_of
from tests.web.scene import MODEL, set_scene

FIVE = f"/models/{MODEL}/versions/5"


@pytest.mark.usefixtures("scene")
async def test_the_overview_tells_what_the_version_is(browser: httpx.AsyncClient) -> None:
    text = text_of(shown(await browser.get(FIVE)))
    for part in (
        "fraud-detector:5 staging @challenger Promote to production More",
        "Boosted trees on 8 months of payments registered by anonymous just now",
        "bo asks to bring it to production.",
        "Model card Edit Fraud detector Scores card payments",
        "auc@holdout 0.94 f1@holdout 0.82 latency_ms 16.5",
        "Made from version fraud-detector:4 dataset payments-2026-q1 555555555555 code ssh://git.invalid/risk/fraud",
        "Made from it version fraud-detector:6 draft",
        "Takes Type Shape amount float64 any country string any Gives Type Shape score float64 any",
        "max_depth 9 learning_rate 0.05 objective logloss",
        "trained_on.hours 2.5 trained_on.machine gpu-2 reviewed true",
        "Framework xgboost 3.4.1 Size 1.1 KiB in 6 files",
        "To production Look at it 0 of 1 approvals still missing good enough passes metric.auc@holdout >= 0.9",
        "production.metric.auc@holdout is 0.916",
        "region eu team risk",
    ):
        assert part in text


@pytest.mark.usefixtures("scene")
@pytest.mark.parametrize(("ref", "number"), [("production", 3), ("latest", 6), ("@champion", 3), ("2", 2)])
async def test_a_version_is_found_by_every_reference(browser: httpx.AsyncClient, ref: str, number: int) -> None:
    page = shown(await browser.get(f"/models/{MODEL}/versions/{ref}"))
    assert f"<h1>{MODEL}:{number}</h1>" in page


@pytest.mark.usefixtures("scene")
async def test_what_to_copy_is_ready_to_run(browser: httpx.AsyncClient) -> None:
    text = text_of(shown(await browser.get(FIVE)))
    assert 'registry = modelyard.connect("http://127.0.0.1") model = registry.load("fraud-detector:5")' in text
    assert "export MODELYARD_URL=http://127.0.0.1 modelyard pull fraud-detector:5 ." in text
    assert "curl -fOJ http://127.0.0.1/api/v1/models/fraud-detector/versions/5/files/README.md" in text


async def test_names_that_a_shell_would_read_are_quoted(browser: httpx.AsyncClient, api: httpx.AsyncClient) -> None:
    await add_version(api, "it's $(here)", {"a file.bin": b"bytes"})
    text = text_of(shown(await browser.get("/models/it's%20$(here)/versions/1")))
    assert """modelyard pull 'it'"'"'s $(here):1' .""" in text
    assert "curl -fOJ http://127.0.0.1/api/v1/models/it%27s%20%24%28here%29/versions/1/files/a%20file.bin" in text


async def test_a_version_with_nothing_says_what_could_be_there(
    browser: httpx.AsyncClient, api: httpx.AsyncClient
) -> None:
    await add_version(api)
    overview = text_of(shown(await browser.get("/models/churn/versions/1")))
    assert "No card yet" in overview
    assert "To staging Look at it Nothing: the policy has no gates for this step." in overview
    assert "Lineage" not in overview
    metrics = text_of(shown(await browser.get("/models/churn/versions/1/metrics")))
    assert "Nothing was measured yet" in metrics
    assert "modelyard metrics log churn:1 auc@holdout=0.93" in metrics


@pytest.mark.usefixtures("scene")
async def test_metrics_stand_beside_those_in_production(browser: httpx.AsyncClient) -> None:
    page = shown(await browser.get(f"{FIVE}/metrics"))
    text = text_of(page)
    assert "auc holdout all 0.94 0.916 +0.024" in text
    assert "auc holdout amount<50 0.909 0.885 +0.024" in text
    assert "loss train all 0.20692 0.20367 +0.00325 40 to step 39 0.20692 to 0.69041" in text
    assert 'aria-label="loss"' in page
    assert "As a table step holdout train 0 " in text
    assert "In production (" not in shown(await browser.get(f"/models/{MODEL}/versions/production/metrics"))


@pytest.mark.usefixtures("scene")
async def test_one_metric_is_drawn_alone(browser: httpx.AsyncClient) -> None:
    page = shown(await browser.get(f"{FIVE}/metrics"))
    alone = shown(await browser.get(link_of(page[page.index("Latest values") :], "loss").partition("#")[0]))
    assert "All metrics with steps" in alone
    assert shown(await browser.get(f"{FIVE}/metrics?metric=auc")).count("<figure") == 0


@pytest.mark.usefixtures("scene")
async def test_files_have_sizes_digests_and_ways_to_them(browser: httpx.AsyncClient, api: httpx.AsyncClient) -> None:
    page = shown(await browser.get(f"{FIVE}/files"))
    text = text_of(page)
    assert "Files 1.1 KiB All as ZIP" in text
    assert "evaluation/curve.png 112 B" in text
    file = await browser.get(link_of(page[page.index("config.json") :], "Download"))
    assert file.json()["trees"] == 500
    assert "attachment" in file.headers["content-disposition"]
    assert (await browser.get(link_of(page, "All as ZIP"))).headers["content-type"] == "application/zip"


async def test_many_files_come_in_pages(browser: httpx.AsyncClient, api: httpx.AsyncClient) -> None:
    await add_version(api, files={f"part-{number:03}.bin": b"the same" for number in range(230)})
    first = shown(await browser.get("/models/churn/versions/1/files"))
    second = shown(await browser.get(link_of(first, "Next page")))
    assert (">part-199.bin" in first, ">part-200.bin" in first) == (True, False)
    assert (">part-199.bin" in second, ">part-229.bin" in second, "Next page" in second) == (False, True, False)


@pytest.mark.usefixtures("scene")
async def test_the_history_is_that_of_the_version(browser: httpx.AsyncClient) -> None:
    text = text_of(shown(await browser.get(f"{FIVE}/history")))
    assert "bo asked to promote version 5 to production" in text
    assert "anonymous pointed @challenger at version 5" in text
    assert "anonymous registered version 5" in text
    assert "version 4" not in text


async def test_a_long_history_comes_in_pages(browser: httpx.AsyncClient, api: httpx.AsyncClient) -> None:
    await add_version(api)
    for _ in range(26):
        await move(api, 1, "staging", "draft")
    first = shown(await browser.get("/models/churn/versions/1/history"))
    second = shown(await browser.get(link_of(first, "Older")))
    assert (first.count('<li class="event">'), second.count('<li class="event">')) == (50, 3)
    assert "registered version 1" in text_of(second)


@pytest.mark.parametrize("part", ["", "/metrics", "/files", "/history", "/files/a.json", "/move?to=staging"])
async def test_what_is_not_there_is_not_found(browser: httpx.AsyncClient, api: httpx.AsyncClient, part: str) -> None:
    shown(await browser.get(f"/models/none/versions/1{part}"), 404)
    await add_version(api)
    shown(await browser.get(f"/models/churn/versions/2{part}"), 404)
    shown(await browser.get(f"/models/churn/versions/champion{part}"), 422)


async def test_readers_are_offered_nothing_that_they_may_not_do(guarded: Guarded) -> None:
    async with guarded.client() as admin:
        await set_scene(admin)
    await guarded.enrol("ana", ("*", "reader"))
    async with browser_of(guarded.app, await guarded.token_of("ana")) as ana:
        page = shown(await ana.get(FIVE))
        assert 'method="post"' not in page[page.index("<main") :]
        for offered in ("Promote to", "/edit", "/delete", "Point here"):
            assert offered not in page
        assert "Roll back" not in shown(await ana.get(f"/models/{MODEL}"))


async def test_children_that_one_may_not_see_are_not_shown(guarded: Guarded) -> None:
    async with guarded.client() as admin:
        await add_version(admin, "own.model")
        for model in ("own.child", "foreign.child"):
            await add_version(admin, model, lineage={"parent": "own.model:1"})
    await guarded.enrol("ana", ("own.*", "reader"))
    async with browser_of(guarded.app, await guarded.token_of("ana")) as ana:
        text = text_of(shown(await ana.get("/models/own.model/versions/1")))
    assert "own.child:1" in text
    assert "foreign" not in text

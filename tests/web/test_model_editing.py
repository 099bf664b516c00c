"""Describing, renaming and deleting models by forms."""

import httpx
import pytest

from tests.api.access import Guarded
from tests.api.steps import done, refused
from tests.web.filling import PAGE, followed, hidden
from tests.web.pages import browser_of, link_of, shown, text_of
from tests.web.scene import MODEL, set_scene

with_scene = pytest.mark.usefixtures("scene")


@with_scene
async def test_a_model_is_described_and_tagged(browser: httpx.AsyncClient, api: httpx.AsyncClient) -> None:
    assert link_of(shown(await browser.get(PAGE)), "Edit") == f"{PAGE}/edit"
    form = {**hidden(shown(await browser.get(f"{PAGE}/edit"))), "description": "cards", "tags": "team: fraud\r\nflag:"}
    page = await followed(browser, await browser.post(f"{PAGE}/edit", data=form))
    assert f"{MODEL} is saved." in page
    model = done(await api.get(PAGE))
    assert (model["description"], model["tags"]) == ("cards", {"team": "fraud", "flag": ""})


@with_scene
async def test_what_somebody_else_saved_meanwhile_stays(browser: httpx.AsyncClient, api: httpx.AsyncClient) -> None:
    form = {**hidden(shown(await browser.get(f"{PAGE}/edit"))), "description": "mine", "tags": ""}
    done(await api.patch(PAGE, json={"description": "theirs"}))
    refusal = shown(await browser.post(f"{PAGE}/edit", data=form), 412)
    assert "mine" in refusal
    assert done(await api.get(PAGE))["description"] == "theirs"
    assert "is saved" in await followed(browser, await browser.post(f"{PAGE}/edit", data={**form, **hidden(refusal)}))


@with_scene
@pytest.mark.parametrize(
    ("field", "value", "message"),
    [("tags", "no colon here", "has no colon"), ("description", "x" * 20_001, "at most")],
)
async def test_what_is_wrong_with_a_description_is_told_beside_its_field(
    browser: httpx.AsyncClient, field: str, value: str, message: str
) -> None:
    form = {**hidden(shown(await browser.get(f"{PAGE}/edit"))), "description": "", "tags": "", field: value}
    page = shown(await browser.post(f"{PAGE}/edit", data=form), 422)
    assert message in text_of(page.partition(f'id="fault-{field}"')[2].partition("</p>")[0])


@with_scene
async def test_a_model_gets_another_name(browser: httpx.AsyncClient, api: httpx.AsyncClient) -> None:
    form = hidden(shown(await browser.get(f"{PAGE}/edit")))
    page = await followed(browser, await browser.post(f"{PAGE}/rename", data={**form, "name": " cards "}))
    assert f"{MODEL} is called cards from now on." in page
    assert done(await api.get("/models/cards"))["latest_version"]
    refused(await api.get(PAGE), 404, "model-not-found")


@with_scene
@pytest.mark.parametrize(("name", "status"), [("churn", 409), ("a/b", 422), ("", 422)])
async def test_a_name_that_is_taken_or_none_is_refused(
    browser: httpx.AsyncClient, api: httpx.AsyncClient, name: str, status: int
) -> None:
    form = hidden(shown(await browser.get(f"{PAGE}/edit")))
    page = shown(await browser.post(f"{PAGE}/rename", data={**form, "name": name}), status)
    assert f'value="{name}"' in page
    done(await api.get(PAGE))


@with_scene
async def test_deleting_a_model_says_what_it_frees_and_what_keeps_it(
    browser: httpx.AsyncClient, api: httpx.AsyncClient
) -> None:
    page = shown(await browser.get(f"{PAGE}/delete"))
    assert "become free" in text_of(page)
    assert "in staging or production and" in text_of(page)
    form = hidden(page)
    refusal = text_of(shown(await browser.post(f"{PAGE}/delete", data=form), 409))
    assert "has versions in staging or production, or aliases" in refusal
    gone = await followed(browser, await browser.post(f"{PAGE}/delete", data={**form, "force": "true"}))
    assert f"{MODEL} is deleted;" in gone
    refused(await api.get(PAGE), 404, "model-not-found")


async def test_forms_are_offered_to_those_who_may(guarded: Guarded) -> None:
    async with guarded.client() as admin:
        await set_scene(admin)
    for role, offered in (("reader", []), ("contributor", ["edit"]), ("maintainer", ["edit", "rename", "delete"])):
        await guarded.enrol(role, ("*", role))
        async with browser_of(guarded.app, await guarded.token_of(role)) as browser:
            pages = shown(await browser.get(PAGE))
            if offered:
                pages += shown(await browser.get(f"{PAGE}/edit"))
            assert [name for name in ("edit", "rename", "delete") if f'"{PAGE}/{name}"' in pages] == offered
            refusal = await browser.post(f"{PAGE}/delete", data={"force": "true", "tag": "*"})
            assert refusal.status_code == 403

"""Editing and deleting versions by forms."""

import re

import httpx
import pytest

from tests.api.steps import done, events_of
from tests.web.filling import FIVE, PAGE, followed, hidden, version_of
from tests.web.pages import shown, text_of

pytestmark = pytest.mark.usefixtures("scene")


async def test_a_version_is_edited(browser: httpx.AsyncClient, api: httpx.AsyncClient) -> None:
    page = shown(await browser.get(f"{FIVE}/edit"))
    form = {
        **hidden(page),
        "description": "another line",
        "card": "# New\r\n\r\nwords",
        "tags": 'team: fraud\r\n"a:b": "c: d"\r\nflag:',
        "metadata": '{"trained_on": {"hours": 3}, "list": [1, null]}',
    }
    assert "fraud-detector:5 is saved." in await followed(browser, await browser.post(f"{FIVE}/edit", data=form))
    version = await version_of(api, 5)
    assert (version["description"], version["card"]) == ("another line", "# New\n\nwords")
    assert version["tags"] == {"team": "fraud", "a:b": "c: d", "flag": ""}
    assert version["metadata"] == {"trained_on": {"hours": 3}, "list": [1, None]}
    again = shown(await browser.get(f"{FIVE}/edit"))
    assert "&#34;a:b&#34;: &#34;c: d&#34;" in again
    unchanged = {**form, **hidden(again)}
    before = len(await events_of(api))
    await browser.post(f"{FIVE}/edit", data=unchanged)
    assert len(await events_of(api)) == before, "what changes nothing leaves no event"


async def test_what_somebody_else_saved_meanwhile_is_not_overwritten(
    browser: httpx.AsyncClient, api: httpx.AsyncClient
) -> None:
    page = shown(await browser.get(f"{FIVE}/edit"))
    done(await api.patch(FIVE, json={"description": "theirs"}))
    form = {**hidden(page), "description": "mine", "card": "", "tags": "", "metadata": ""}
    refusal = shown(await browser.post(f"{FIVE}/edit", data=form), 412)
    assert "mine" in refusal
    assert (await version_of(api, 5))["description"] == "theirs"
    saved = await browser.post(f"{FIVE}/edit", data={**form, **hidden(refusal)})
    assert "is saved" in await followed(browser, saved)


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("tags", "no colon here", "Line 1 has no colon; write key: value"),
        ("tags", "a: 1\na: 2", "Line 2 names 'a' again"),
        ("tags", '"open: 1', "Line 1 has quotes that do not close"),
        ("tags", 'a: "b" c', "Line 1 goes on behind the closing quotes"),
        ("tags", f"{'k' * 300}: v", "Must have 1 to 250 characters"),
        ("metadata", "{", "metadata"),
        ("metadata", "[1]", "Must be an object"),
        ("metadata", '{"a": 1, "a": 2}', "metadata"),
        ("card", "x" * 65_537, "at most 65536"),
    ],
)
async def test_what_is_wrong_is_told_beside_its_field(
    browser: httpx.AsyncClient, api: httpx.AsyncClient, field: str, value: str, message: str
) -> None:
    page = shown(await browser.get(f"{FIVE}/edit"))
    form = {**hidden(page), "description": "kept", "card": "", "tags": "", "metadata": "", field: value}
    answer = await browser.post(f"{FIVE}/edit", data=form)
    assert answer.status_code in {400, 422}
    fault = re.search(rf'(?s)id="fault-{field}">(.*?)</p>', answer.text)
    assert fault, text_of(answer.text)
    assert message.lower() in text_of(fault[1]).lower() or message == "metadata"
    assert "kept" in answer.text
    assert (await version_of(api, 5))["description"] != "kept"


async def test_deleting_says_what_it_frees(browser: httpx.AsyncClient, api: httpx.AsyncClient) -> None:
    page = shown(await browser.get(f"{PAGE}/versions/6/delete"))
    assert "Of its 1.1 KiB, 833 B become free" in text_of(page)
    answer = await browser.post(f"{PAGE}/versions/6/delete", data=hidden(page))
    assert "fraud-detector:6 is deleted; 833 B become free" in await followed(browser, answer)
    assert (await api.get(f"{PAGE}/versions/6")).status_code == 404


async def test_what_is_in_use_is_deleted_only_by_force(browser: httpx.AsyncClient, api: httpx.AsyncClient) -> None:
    page = shown(await browser.get(f"{FIVE}/delete"))
    assert "It is in staging and is named by @challenger." in text_of(page)
    refusal = shown(await browser.post(f"{FIVE}/delete", data=hidden(page)), 409)
    assert "is in staging or has an alias" in text_of(refusal)
    stale = {"tag": "1-1", "force": "true"}
    shown(await browser.post(f"{FIVE}/delete", data=stale), 412)
    answer = await browser.post(f"{FIVE}/delete", data={**hidden(page), "force": "true"})
    assert "is deleted" in await followed(browser, answer)


async def test_forms_are_read_strictly(browser: httpx.AsyncClient) -> None:
    target = f"{FIVE}/aliases"
    for content, media_type, status in (
        ("name=a", "text/plain", 415),
        ("name=a&name=b", "application/x-www-form-urlencoded", 400),
        ("name=%ff", "application/x-www-form-urlencoded", 400),
        ("name=\xff", "application/x-www-form-urlencoded", 400),
        ("&".join(f"f{number}=1" for number in range(1_001)), "application/x-www-form-urlencoded", 400),
    ):
        answer = await browser.post(target, content=content.encode("latin-1"), headers={"Content-Type": media_type})
        shown(answer, status)

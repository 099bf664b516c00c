"""What is done by forms: each is looked at first, and what is refused is told beside it."""

import re

import httpx
import pytest

from tests.api.steps import Document, done, events_of, move
from tests.web.pages import shown, text_of
from tests.web.scene import MODEL

PAGE = f"/models/{MODEL}"
FIVE = f"{PAGE}/versions/5"
REQUEST = f"{PAGE}/requests/1"

pytestmark = pytest.mark.usefixtures("scene")


async def name_oneself(browser: httpx.AsyncClient, name: str) -> None:
    await browser.post("/preferences/name", data={"name": name, "return_to": "/"})
    await browser.get("/")


def hidden(page: str) -> dict[str, str]:
    """What the forms of the page's body send along."""
    body = page[page.index("<main") :]
    return dict(re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)"', body))


async def followed(browser: httpx.AsyncClient, answer: httpx.Response) -> str:
    """The page that a form leads to, in words."""
    assert answer.status_code == 303, text_of(answer.text)
    return text_of(shown(await browser.get(answer.headers["location"])))


async def version_of(api: httpx.AsyncClient, number: int) -> Document:
    return done(await api.get(f"{PAGE}/versions/{number}"))


async def test_a_version_is_promoted_after_a_look_at_the_gates(
    browser: httpx.AsyncClient, api: httpx.AsyncClient
) -> None:
    await name_oneself(browser, "ana")
    page = shown(await browser.get("/models/churn/versions/2/move?to=staging"))
    assert "Nothing: the policy has no gates for this step." in text_of(page)
    answer = await browser.post("/models/churn/versions/2/move", data={**hidden(page), "reason": "it looks <good>"})
    assert "churn:2 is in staging now." in await followed(browser, answer)
    last = (await events_of(api))[-1]
    assert (last["actor"], last["reason"], last["after"]["stage"]) == ("ana", "it looks <good>", "staging")


async def test_promoting_says_what_is_archived_for_it(browser: httpx.AsyncClient, api: httpx.AsyncClient) -> None:
    await move(api, 2, "staging", model="churn")
    page = shown(await browser.get("/models/churn/versions/2/move?to=production"))
    assert "Version 3 is in production now, and will be archived." in text_of(page)
    answer = await browser.post("/models/churn/versions/2/move", data={**hidden(page), "reason": ""})
    assert "churn:2 is in production now, and version 3 is archived." in await followed(browser, answer)


async def test_a_step_is_not_taken_that_somebody_else_has_taken(
    browser: httpx.AsyncClient, api: httpx.AsyncClient
) -> None:
    page = shown(await browser.get("/models/churn/versions/2/move?to=staging"))
    await move(api, 2, "archived", model="churn")
    answer = await browser.post("/models/churn/versions/2/move", data={**hidden(page), "reason": "mine"})
    text = text_of(shown(answer, 409))
    assert "Version 2 is in archived, not in draft. Someone moved it in the meantime; look at it again." in text
    assert "mine" in answer.text


async def test_gates_that_do_not_pass_keep_the_button_away_and_the_form_out(
    browser: httpx.AsyncClient, api: httpx.AsyncClient
) -> None:
    done(
        await api.put(
            f"{PAGE}/policy",
            json={"gates": {"production": [{"name": "perfect", "expression": "metric.auc@holdout >= 1"}]}},
        )
    )
    page = shown(await browser.get(f"{FIVE}/move?to=production"))
    assert "perfect does not pass metric.auc@holdout >= 1 metric.auc@holdout is 0.94" in text_of(page)
    assert "Bring it to production" not in page
    form = {"to_stage": "production", "from_stage": "staging", "reason": ""}
    refusal = text_of(shown(await browser.post(f"{FIVE}/move", data=form), 409))
    assert "does not pass 1 of 1 gates of production: perfect" in refusal
    done(await api.put(f"{PAGE}/policy", json={}))
    assert "fraud-detector:5 is in production now" in await followed(
        browser, await browser.post(f"{FIVE}/move", data=form)
    )


async def test_steps_that_there_are_not_are_explained(browser: httpx.AsyncClient) -> None:
    text = text_of(shown(await browser.get(f"{PAGE}/versions/6/move?to=production")))
    assert "This step cannot be taken A version in draft cannot go to production" in text.replace(
        "a version", "A version"
    )
    assert "Promote it to staging first." in text
    shown(await browser.get(f"{PAGE}/versions/6/move?to=heaven"), 422)
    shown(await browser.post(f"{PAGE}/versions/6/move", data={"to_stage": "heaven"}), 422)


async def test_another_person_approves_and_the_step_is_taken(
    browser: httpx.AsyncClient, api: httpx.AsyncClient
) -> None:
    await name_oneself(browser, "bo")
    assert "You have asked for it, so somebody else has to decide." in text_of(shown(await browser.get(REQUEST)))
    refusal = shown(await browser.post(f"{REQUEST}/approve", data={"reason": ""}), 409)
    assert "Bo asked for it, so somebody else has to decide." in text_of(refusal)
    await name_oneself(browser, "eve")
    answer = await browser.post(f"{REQUEST}/approve", data={"reason": "agreed"})
    assert "Approved: fraud-detector:5 is in production now." in await followed(browser, answer)
    page = text_of(shown(await browser.get(REQUEST)))
    assert "executed" in page
    assert "Approved by eve agreed" in page
    assert (await version_of(api, 5))["stage"] == "production"


async def test_who_says_no_says_why(browser: httpx.AsyncClient) -> None:
    await name_oneself(browser, "eve")
    refusal = shown(await browser.post(f"{REQUEST}/reject", data={"reason": ""}), 422)
    assert 'aria-invalid="true"' in refusal
    answer = await browser.post(f"{REQUEST}/reject", data={"reason": "too slow"})
    text = await followed(browser, answer)
    assert "The request is rejected." in text
    assert "Too slow." in text
    shown(await browser.post(f"{REQUEST}/approve", data={"reason": ""}), 409)


async def test_a_step_is_asked_for_and_withdrawn(browser: httpx.AsyncClient, api: httpx.AsyncClient) -> None:
    await name_oneself(browser, "ana")
    page = shown(await browser.get(f"{PAGE}/versions/4/move?to=production"))
    assert "Ask others to approve it" in text_of(page)
    answer = await browser.post(f"{PAGE}/requests", data={**hidden(page), "reason": "please"})
    text = await followed(browser, answer)
    assert "You have asked to bring fraud-detector:4 to production." in text
    assert "please" in text
    again = await browser.post(f"{PAGE}/requests", data={**hidden(page), "reason": ""})
    assert "asks for it already" in await followed(browser, again)
    withdrawn = await browser.post(answer.headers["location"] + "/withdraw", data={"reason": ""})
    assert "The request is withdrawn." in await followed(browser, withdrawn)
    for number in ("", "x", "²", "99999999999"):
        shown(await browser.post(f"{PAGE}/requests", data={"version": number, "to_stage": "staging"}), 422)


async def test_production_is_rolled_back(browser: httpx.AsyncClient, api: httpx.AsyncClient) -> None:
    page = shown(await browser.get(f"{PAGE}/rollback"))
    assert "Back to version 1 It was in production before, and will be again; version 3 will be archived." in text_of(
        page
    )
    answer = await browser.post(f"{PAGE}/rollback", data={**hidden(page), "reason": "errors in the logs"})
    assert "Rolled back: fraud-detector:1 is in production now, and version 3 is archived." in await followed(
        browser, answer
    )
    assert (await version_of(api, 3))["stage"] == "archived"
    text = text_of(shown(await browser.get(PAGE)))
    assert "rolled back to version 1 just now errors in the logs" in text


async def test_where_there_is_nothing_to_roll_back_to_that_is_told(browser: httpx.AsyncClient) -> None:
    answer = await browser.get("/models/churn/rollback")
    assert "no other version of churn was in production before. Promote one" in await followed(browser, answer)
    shown(await browser.get("/models/none/rollback"), 404)
    shown(await browser.post("/models/churn/rollback", data={"to_version": "x", "reason": ""}), 422)


async def test_aliases_are_pointed_and_taken_away(browser: httpx.AsyncClient, api: httpx.AsyncClient) -> None:
    answer = await browser.post(f"{FIVE}/aliases", data={"name": " @champion "})
    assert "fraud-detector@champion is version 5 now." in await followed(browser, answer)
    assert (await version_of(api, 5))["aliases"] == ["challenger", "champion"]
    answer = await browser.post(f"{FIVE}/aliases/remove", data={"name": "challenger"})
    assert "fraud-detector@challenger is no more." in await followed(browser, answer)
    for name in ("", "a b", "<script>"):
        refusal = await followed(browser, await browser.post(f"{FIVE}/aliases", data={"name": name}))
        assert "must have 1 to 100 letters" in refusal
    assert "has no alias" in await followed(browser, await browser.post(f"{FIVE}/aliases/remove", data={"name": "x"}))


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

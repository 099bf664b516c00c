"""Stages, approvals and aliases by forms: each is looked at first, and what is refused is told beside it."""

import httpx
import pytest

from tests.api.steps import done, events_of, move
from tests.web.filling import FIVE, PAGE, REQUEST, followed, hidden, name_oneself, version_of
from tests.web.pages import link_of, shown, text_of

pytestmark = pytest.mark.usefixtures("scene")


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


async def test_a_rollback_that_needs_approval_leads_to_where_it_is_asked_for(
    browser: httpx.AsyncClient, api: httpx.AsyncClient
) -> None:
    done(await api.put(f"{PAGE}/policy", json={"approvals": {"rollback": 1}}))
    page = shown(await browser.get(f"{PAGE}/rollback"))
    assert "0 of 1 approvals still missing" in text_of(page)
    ask = shown(await browser.get(link_of(page, "Ask for approval")))
    await name_oneself(browser, "ana")
    asked = await browser.post(f"{PAGE}/requests", data={**hidden(ask), "reason": "it was better"})
    assert "You have asked to bring fraud-detector:1 to production." in await followed(browser, asked)
    await name_oneself(browser, "eve")
    approved = await browser.post(f"{asked.headers['location']}/approve", data={"reason": ""})
    assert "fraud-detector:1 is in production now." in await followed(browser, approved)
    assert "All have approved it" not in await followed(browser, asked)


async def test_approvals_count_while_a_gate_does_not_pass(browser: httpx.AsyncClient, api: httpx.AsyncClient) -> None:
    gates = {"production": [{"name": "perfect", "expression": "metric.auc@holdout >= 1"}]}
    done(await api.put(f"{PAGE}/policy", json={"gates": gates, "approvals": {"production": 2}}))
    asked = await browser.post(f"{PAGE}/requests", data={"version": "4", "to_stage": "production", "reason": ""})
    request = asked.headers["location"]
    for name, told in (("eve", "You have approved it already"), ("kim", "All have approved it.")):
        await name_oneself(browser, name)
        answer = await browser.post(f"{request}/approve", data={"reason": ""})
        text = await followed(browser, answer)
        assert "Your approval counts. 1 gate still to be passed." in text
        assert told in text
    assert (await version_of(api, 4))["stage"] == "staging"


async def test_where_there_is_nothing_to_roll_back_to_that_is_told(browser: httpx.AsyncClient) -> None:
    answer = await browser.get("/models/churn/rollback")
    assert "no other version of churn was in production before. Promote one" in await followed(browser, answer)
    shown(await browser.get("/models/none/rollback"), 404)
    shown(await browser.post("/models/churn/rollback", data={"to_version": "x", "reason": ""}), 422)


async def test_aliases_are_protected_when_they_are_pointed_or_later(
    browser: httpx.AsyncClient, api: httpx.AsyncClient
) -> None:
    answer = await browser.post(f"{FIVE}/aliases", data={"name": "serving", "protected": "true"})
    assert "fraud-detector@serving is version 5 now, and protected." in await followed(browser, answer)
    page = shown(await browser.get(FIVE))
    assert "@challenger Protect Take away @serving protected Lift protection Take away" in text_of(page)
    assert "@serving version 5 protected" in text_of(shown(await browser.get(PAGE)))
    lifted = {**hidden(page), "protected": "false"}
    assert lifted["name"] == "serving"
    answer = await browser.post(f"{FIVE}/aliases", data=lifted)
    assert "fraud-detector@serving is version 5 now, and not protected." in await followed(browser, answer)
    assert "protected version 5" not in text_of(shown(await browser.get(PAGE)))
    assert "anonymous lifted the protection of an alias of version 5 @serving" in text_of(
        shown(await browser.get(f"{FIVE}/history"))
    )


async def test_an_alias_that_somebody_else_has_moved_is_left_where_it_is(
    browser: httpx.AsyncClient, api: httpx.AsyncClient
) -> None:
    stale = hidden(shown(await browser.get(FIVE)))
    assert stale["name"] == "challenger"
    done(await api.put(f"{PAGE}/aliases/challenger", json={"version": 2}))
    for address, form in ((f"{FIVE}/aliases", {**stale, "protected": "true"}), (f"{FIVE}/aliases/remove", stale)):
        assert "Somebody else has changed the alias meanwhile" in await followed(
            browser, await browser.post(address, data=form)
        )
    held = done(await api.get(f"{PAGE}/aliases/challenger"))
    assert (held["version"], held["protected"]) == (2, False)


async def test_aliases_are_pointed_and_taken_away(browser: httpx.AsyncClient, api: httpx.AsyncClient) -> None:
    answer = await browser.post(f"{FIVE}/aliases", data={"name": " @champion "})
    assert "fraud-detector@champion is version 5 now, and protected." in await followed(browser, answer)
    assert (await version_of(api, 5))["aliases"] == ["challenger", "champion"]
    answer = await browser.post(f"{FIVE}/aliases/remove", data={"name": "challenger"})
    assert "fraud-detector@challenger is no more." in await followed(browser, answer)
    for name in ("", "a b", "<script>"):
        refusal = await followed(browser, await browser.post(f"{FIVE}/aliases", data={"name": name}))
        assert "must have 1 to 100 letters" in refusal
    assert "has no alias" in await followed(browser, await browser.post(f"{FIVE}/aliases/remove", data={"name": "x"}))

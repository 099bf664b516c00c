"""Policies, and the editor of one."""

import html
import re

import httpx
import pytest

from tests.api.access import Guarded
from tests.api.steps import Document, add_model, add_version, done
from tests.web.pages import browser_of, shown, text_of

GATE: Document = {"gates": {"production": [{"name": "good", "expression": "metric.auc >= 0.9"}]}}


def form_in(page: str) -> dict[str, str]:
    """The fields of the editor as a browser would send them, unchanged."""
    form = page[page.index("data-policy") :]
    fields = {}
    for tag in re.findall(r"<input [^>]+>", form):
        attributes = dict(re.findall(r'(\w+)="([^"]*)"', tag))
        if "name" in attributes and (attributes.get("type") != "checkbox" or " checked" in tag):
            fields[attributes["name"]] = html.unescape(attributes.get("value", "on"))
    for name, options in re.findall(r'<select [^>]*name="([^"]+)">(.*?)</select>', form, re.DOTALL):
        chosen = re.search(r'value="([^"]+)" selected', options)
        assert chosen is not None
        fields[name] = chosen[1]
    return fields


async def test_policies_of_globs_are_listed_in_short(browser: httpx.AsyncClient, api: httpx.AsyncClient) -> None:
    assert "the built-in policy holds" in text_of(shown(await browser.get("/policies")))
    done(await api.put("/policies/fraud.*", json={**GATE, "approvals": {"production": 2}}))
    page = shown(await browser.get("/policies"))
    assert "fraud.* set by anonymous production 1 gate, 2 approvals" in text_of(page)
    assert 'href="/policies/fraud.%2A"' in page


async def test_a_policy_is_made_and_changed_by_the_form(browser: httpx.AsyncClient, api: httpx.AsyncClient) -> None:
    fields = form_in(shown(await browser.get("/policies/new")))
    fields |= {"name": "fraud.*", "gate-0-name": "good", "gate-0-expression": "metric.auc >= 0.9"}
    answer = await browser.post("/policies", data=fields)
    assert (answer.status_code, answer.headers["location"]) == (303, "/policies")
    assert done(await api.get("/policies/fraud.*"))["gates"] == GATE["gates"]
    fields = form_in(shown(await browser.get("/policies/fraud.*"))) | {"approvals-production": "1"}
    del fields["exclusive-production"]
    assert (await browser.post("/policies", data=fields)).status_code == 303
    held = done(await api.get("/policies/fraud.*"))
    assert (held["approvals"], held["exclusive"], held["gates"]) == ({"production": 1}, [], GATE["gates"])
    fields = form_in(shown(await browser.get("/policies/fraud.*")))
    removed = await browser.post("/policies/fraud.*/delete", data={"tag": fields["tag"]})
    assert removed.status_code == 303
    assert "The policy of fraud.* is removed" in text_of(shown(await browser.get("/policies")))


async def test_a_model_gets_its_own_and_gives_it_back(browser: httpx.AsyncClient, api: httpx.AsyncClient) -> None:
    await add_model(api, "churn", description="x")
    page = shown(await browser.get("/models/churn/policy"))
    assert "The built-in policy holds" in text_of(page)
    fields = form_in(page) | {"gate-0-name": "good", "gate-0-expression": "metric.auc >= 0.9"}
    assert (await browser.post("/models/churn/policy", data=fields)).status_code == 303
    assert done(await api.get("/models/churn/policy"))["gates"] == GATE["gates"]
    page = shown(await browser.get("/models/churn/policy"))
    assert "churn has this policy now" in text_of(page)
    assert "The model has its own policy" in text_of(page)
    await browser.post("/models/churn/policy/delete", data={"tag": form_in(page)["tag"]})
    assert done(await api.get("/models/churn/policy"))["source"] == "built-in"


async def test_what_is_wrong_stands_beside_its_field_and_nothing_is_lost(
    browser: httpx.AsyncClient, api: httpx.AsyncClient
) -> None:
    fields = form_in(shown(await browser.get("/policies/new")))
    fields |= {"name": "fraud", "gate-0-name": "a", "gate-0-expression": "metrc.auc > 1", "approvals-production": "x"}
    page = shown(await browser.post("/policies", data=fields), 422)
    assert "Has no *" in text_of(page)
    assert "Did you mean" in text_of(page)
    fields["name"] = "fraud.*"
    page = shown(await browser.post("/policies", data=fields), 422)
    assert "must be a whole number" in text_of(page)
    assert form_in(page) == fields
    assert done(await api.get("/policies"))["items"] == []


@pytest.mark.parametrize("number", ["9" * 5_000, "²", "٣", "x", "-1"])
async def test_a_row_whose_number_is_none_is_not_there(browser: httpx.AsyncClient, number: str) -> None:
    fields = form_in(shown(await browser.get("/policies/new")))
    fields |= {f"gate-{number}-name": "bad", f"gate-{number}-expression": "nonsense", "more": "1"}
    assert "nonsense" not in shown(await browser.post("/policies", data=fields))


async def test_without_scripts_a_button_adds_a_row_and_saves_nothing(
    browser: httpx.AsyncClient, api: httpx.AsyncClient
) -> None:
    fields = form_in(shown(await browser.get("/policies/new")))
    fields |= {"name": "fraud.*", "gate-0-name": "a", "gate-0-expression": "size > 1", "more": "1"}
    page = shown(await browser.post("/policies", data=fields))
    assert "gate-1-expression" in page
    assert 'value="size &gt; 1"' in page
    assert done(await api.get("/policies"))["items"] == []


@pytest.mark.parametrize("of_model", [False, True])
async def test_two_editors_do_not_undo_each_other_unknowingly(
    browser: httpx.AsyncClient, api: httpx.AsyncClient, of_model: bool
) -> None:
    await add_model(api, "churn", description="x")
    place = "/models/churn/policy" if of_model else "/policies/churn*"
    done(await api.put(place, json={}))
    fields = form_in(shown(await browser.get(place))) | {"approvals-staging": "1"}
    done(await api.put(place, json=GATE))
    target = place if of_model else "/policies"
    page = shown(await browser.post(target, data=fields), 412)
    assert "was changed by someone else" in text_of(page)
    again = form_in(page)
    assert again["approvals-staging"] == "1"
    assert (await browser.post(target, data=again)).status_code == 303


async def test_an_expression_is_checked_as_one_types(browser: httpx.AsyncClient) -> None:
    page = shown(await browser.get("/policies/check", params={"expression": 'metrc.auc > "<b>"'}))
    assert "data-fault" in page
    assert "<mark>metrc.auc &gt; &#34;&lt;b&gt;&#34;</mark>" in page
    assert "Can be evaluated" in shown(await browser.get("/policies/check", params={"expression": "size > 1"}))
    assert text_of(shown(await browser.get("/policies/check"))) == ""
    shown(await browser.get("/policies/check", params={"expression": "x" * 2002}), 422)


async def test_a_model_is_found_by_its_name(browser: httpx.AsyncClient) -> None:
    answer = await browser.get("/policies/model?model=a+b")
    assert (answer.status_code, answer.headers["location"]) == (303, "/models/a%20b/policy")
    shown(await browser.get("/models/none/policy"), 404)


async def test_a_reader_sees_policies_and_changes_none(guarded: Guarded) -> None:
    async with guarded.client() as admin:
        await add_version(admin, "own.model")
        for pattern in ("own.*", "foreign.*", "*"):
            done(await admin.put(f"/policies/{pattern}", json=GATE))
    await guarded.enrol("ana", ("own.*", "reader"))
    await guarded.enrol("mo", ("own.*", "maintainer"))
    async with browser_of(guarded.app, await guarded.token_of("ana")) as ana:
        listed = text_of(shown(await ana.get("/policies")))
        assert "own.*" in listed
        assert "foreign" not in listed
        shown(await ana.get("/policies/foreign.*"), 404)
        page = shown(await ana.get("/models/own.model/policy"))
        assert "data-policy" not in page
        assert "good metric.auc >= 0.9" in text_of(page)
        shown(await ana.post("/models/own.model/policy", data={}), 403)
        shown(await ana.post("/policies", data={"name": "own.*"}), 403)
    async with browser_of(guarded.app, await guarded.token_of("mo")) as mo:
        assert "data-policy" not in shown(await mo.get("/policies/*"))
        shown(await mo.post("/policies", data={"name": "*", "tag": "x"}), 403)
        shown(await mo.post("/policies/*/delete", data={"tag": "x"}), 403)
        fields = form_in(shown(await mo.get("/policies/own.*")))
        assert (await mo.post("/policies", data=fields)).status_code == 303

"""From a gate that does not pass to production and back, by two people; with scripts and without."""

import pytest
from playwright.sync_api import Browser, expect

from tests.web.browser.visitor import Visitor
from tests.web.scene import MODEL

PAGE = f"/models/{MODEL}"


@pytest.mark.parametrize("has_scripts", [True, False])
def test_a_version_comes_into_production_and_goes_again(chromium: Browser, registry: str, has_scripts: bool) -> None:
    context = chromium.new_context(base_url=registry, java_script_enabled=has_scripts)
    visitor = Visitor(context.new_page())
    number = "2" if has_scripts else "6"
    better = {"metrics": [{"name": "auc", "dataset": "holdout", "value": 0.97, "step": 1}]}
    assert context.request.post(f"/api/v1{PAGE}/versions/{number}/metrics", data=better).ok
    _promote_to_staging(visitor, number)
    _ask_and_approve(visitor, number)
    _roll_back(visitor, number)
    context.close()
    assert visitor.faults == []


def _promote_to_staging(visitor: Visitor, number: str) -> None:
    page = visitor.page
    visitor.sign("ana")
    page.goto(f"{PAGE}/versions/{number}")
    page.get_by_role("link", name="Promote to staging").click()
    page.get_by_label("Why").fill("next in line")
    page.get_by_role("button", name="Bring it to staging").click()
    expect(page.get_by_text(f"{MODEL}:{number} is in staging now.")).to_be_visible()


def _ask_and_approve(visitor: Visitor, number: str) -> None:
    page = visitor.page
    page.get_by_role("link", name="Promote to production").click()
    expect(page.get_by_text("0 of 1 approvals")).to_be_visible()
    expect(page.get_by_role("button", name="Bring it to production")).to_have_count(0)
    page.get_by_label("Why").fill("better on every slice")
    page.get_by_role("button", name="Ask for it").click()
    expect(page.get_by_text("You have asked for it, so somebody else has to decide.")).to_be_visible()
    visitor.sign("eve")
    page.get_by_role("link", name=f"{MODEL}:{number}").first.click()
    page.get_by_label("Why").fill("agreed")
    page.get_by_role("button", name="Approve").click()
    expect(page.get_by_text(f"Approved: {MODEL}:{number} is in production now.")).to_be_visible()


def _roll_back(visitor: Visitor, number: str) -> None:
    page = visitor.page
    page.goto(PAGE)
    page.get_by_role("link", name="Roll back").click()
    expect(page.get_by_text(f"version {number} will be archived")).to_be_visible()
    page.get_by_role("button", name="Roll back").click()
    expect(page.get_by_text("Rolled back:")).to_be_visible()


def test_a_gate_that_does_not_pass_says_so_until_it_does(visitor: Visitor) -> None:
    page = visitor.page
    visitor.sign("ana")
    policy = {"gates": {"staging": [{"name": "described", "expression": 'description ~ "described"'}]}}
    page.request.put("/api/v1/models/credit.limits/policy", data=policy)
    page.goto("/models/credit.limits/versions/1")
    page.get_by_role("link", name="Promote to staging").click()
    expect(page.get_by_text("described does not pass")).to_be_visible()
    expect(page.get_by_role("button", name="Bring it to staging")).to_have_count(0)
    page.goto("/models/credit.limits/versions/1/edit")
    page.get_by_label("Description").fill("well described")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("link", name="Promote to staging").click()
    page.get_by_role("button", name="Bring it to staging").click()
    expect(page.get_by_text("credit.limits:1 is in staging now.")).to_be_visible()

"""Comparing, events as they happen, and the editor of policies."""

from playwright.sync_api import Page, expect

from tests.web.browser.visitor import Visitor
from tests.web.scene import MODEL


def describe(page: Page, text: str) -> None:
    """Let something happen, by somebody else."""
    headers = {"X-Modelyard-Actor": "bo"}
    assert page.request.patch("/api/v1/models/churn", data={"description": text}, headers=headers).ok


def test_versions_are_ticked_compared_and_the_address_can_be_sent(visitor: Visitor) -> None:
    page = visitor.page
    page.goto(f"/models/{MODEL}")
    for number in (3, 5):
        page.get_by_label(f"Compare {MODEL}:{number}").check()
    page.get_by_role("button", name="Compare").click()
    expect(page.get_by_role("heading", name="Compare 2 versions")).to_be_visible()
    row = page.get_by_role("row", name="auc@holdout (differs)")
    expect(row).to_contain_text("\u22120.024")
    page.get_by_role("link", name=f"Take {MODEL}:3 as baseline").click()
    expect(row).to_contain_text("+0.024")
    page.get_by_role("link", name="Differences only").click()
    expect(page.get_by_role("row", name="objective")).to_have_count(0)
    address = page.url
    page.goto("/")
    page.goto(address)
    expect(row).to_contain_text("+0.024")


def test_pointing_at_a_version_brings_out_its_line(visitor: Visitor) -> None:
    page = visitor.page
    page.goto(f"/compare?version={MODEL}:3&version={MODEL}:5&version={MODEL}:6")
    line = page.locator(".parallel-line").nth(1)
    expect(line).not_to_have_class("is-picked")
    page.locator(".legend").first.get_by_role("link", name=f"{MODEL}:5").focus()
    expect(page.locator(".parallel-line.is-picked")).to_have_count(1)
    page.locator(".courses").scroll_into_view_if_needed()
    expect(page.locator(".chart.is-live")).to_have_count(2)


def test_events_appear_as_they_happen_until_one_pauses(visitor: Visitor) -> None:
    page = visitor.page
    page.goto("/events?model=churn")
    expect(page.get_by_role("status")).to_have_text("Live")
    before = page.locator(".event-log > li").count()
    describe(page, "first")
    expect(page.locator(".event-log > li")).to_have_count(before + 1)
    expect(page.locator(".event-log > li").first).to_contain_text("bo edited churn")
    page.get_by_role("button", name="Pause").click()
    describe(page, "second")
    page.wait_for_timeout(400)
    expect(page.locator(".event-log > li")).to_have_count(before + 1)
    page.get_by_role("button", name="Go on").click()
    expect(page.locator(".event-log > li")).to_have_count(before + 2)
    sequences = page.locator(".event-log > li").evaluate_all("items => items.map((item) => +item.dataset.sequence)")
    assert sequences == sorted(set(sequences), reverse=True)


def test_an_event_that_does_not_fit_the_filter_does_not_appear(visitor: Visitor) -> None:
    page = visitor.page
    page.goto("/events?actor=nobody-yet")
    expect(page.get_by_role("status")).to_have_text("Live")
    expect(page.get_by_text("Nothing of this kind has happened")).to_be_visible()
    describe(page, "third")
    page.wait_for_timeout(400)
    expect(page.locator(".event-log > li")).to_have_count(0)
    headers = {"X-Modelyard-Actor": "nobody-yet"}
    assert page.request.patch("/api/v1/models/churn", data={"description": "fourth"}, headers=headers).ok
    expect(page.locator(".event-log > li")).to_have_count(1)
    expect(page.get_by_text("Nothing of this kind has happened")).to_be_hidden()


def test_conditions_are_checked_as_one_types_and_gates_come_and_go(visitor: Visitor) -> None:
    page = visitor.page
    page.goto("/policies/new")
    page.get_by_label("Pattern").fill("edited.*")
    condition = page.get_by_label("Condition")
    condition.first.press_sequentially("metrc.auc > 1")
    expect(page.get_by_text("Did you mean")).to_be_visible()
    expect(page.locator(".fault-place mark")).to_have_text("metrc.auc > 1")
    expect(condition.first).to_have_attribute("aria-invalid", "true")
    condition.first.fill("metric.auc > 1")
    expect(page.get_by_text("Can be evaluated")).to_be_visible()
    page.get_by_label("Name", exact=True).first.fill("good")
    page.get_by_role("button", name="Add a gate").click()
    page.get_by_role("button", name="Add a gate").click()
    expect(condition).to_have_count(3)
    condition.nth(2).fill('card != ""')
    page.get_by_label("Name", exact=True).nth(2).fill("has a card")
    page.get_by_label("To enter", exact=True).nth(2).select_option("staging")
    page.get_by_role("button", name="Remove this gate").nth(1).click()
    page.get_by_role("button", name="Save", exact=True).last.click()
    expect(page.get_by_text("The policy of edited.* is set.")).to_be_visible()
    held = page.request.get("/api/v1/policies/edited.*").json()
    assert held["gates"] == {
        "production": [{"name": "good", "expression": "metric.auc > 1"}],
        "staging": [{"name": "has a card", "expression": 'card != ""'}],
    }


def test_what_cannot_be_undone_is_asked_before_it_is_done(visitor: Visitor) -> None:
    page = visitor.page
    assert page.request.put("/api/v1/policies/asked.*", data={}).ok
    page.goto("/policies/asked.*")
    page.get_by_role("button", name="Remove", exact=True).click()
    assert visitor.faults == ["dialog: Remove this policy?"]
    visitor.faults.clear()
    assert page.request.get("/api/v1/policies/asked.*").ok

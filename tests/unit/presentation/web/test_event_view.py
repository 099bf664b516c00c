from datetime import UTC, datetime
from typing import Any

import pytest

from modelyard.domain.digest import digest_of
from modelyard.domain.event import Action, Change, Event
from modelyard.presentation.web.views.event import EventView, event_view

NOW = datetime(2026, 3, 14, 12, 0, tzinfo=UTC)


def shown(action: Action, *, within: str = "", **fields: Any) -> EventView:
    change = Change(at=NOW, actor="ana", action=action, model_id=1, **{"model": "churn", **fields})
    return event_view(
        Event(sequence=1, position=1, change=change, previous_hash=None, hash=digest_of(b"")), NOW, within=within
    )


def sentence(view: EventView) -> str:
    parts = (view.actor, view.verb, view.subject, view.detail, f"to {view.stage}" if view.stage else "")
    return " ".join(part for part in parts if part)


@pytest.mark.parametrize(
    ("action", "fields", "expected"),
    [
        (Action.MODEL_CREATED, {}, "ana created churn"),
        (Action.VERSION_REGISTERED, {"version": 2}, "ana registered churn:2"),
        (
            Action.VERSION_STAGE_CHANGED,
            {"version": 2, "after": {"stage": "staging", "step": "promote"}},
            "ana promoted churn:2 to staging",
        ),
        (
            Action.VERSION_STAGE_CHANGED,
            {"version": 2, "after": {"stage": "archived", "step": "archive"}},
            "ana archived churn:2",
        ),
        (
            Action.VERSION_STAGE_CHANGED,
            {"version": 2, "after": {"stage": "production", "step": "rollback"}},
            "ana rolled back to churn:2",
        ),
        (Action.VERSION_STAGE_CHANGED, {"version": 2, "after": {"stage": "draft"}}, "ana moved churn:2 to draft"),
        (
            Action.ALIAS_MOVED,
            {"version": 2, "after": {"alias": "champion", "version": 2}},
            "ana pointed churn:2 @champion",
        ),
        (
            Action.ALIAS_PROTECTION_CHANGED,
            {"version": 2, "after": {"alias": "champion", "version": 2, "protected": True}},
            "ana protected an alias of churn:2 @champion",
        ),
        (
            Action.ALIAS_PROTECTION_CHANGED,
            {"version": 2, "after": {"alias": "champion", "version": 2, "protected": False}},
            "ana lifted the protection of an alias of churn:2 @champion",
        ),
        (
            Action.ALIAS_DELETED,
            {"version": 2, "after": {"alias": "champion", "version": None}},
            "ana removed an alias of churn:2 @champion",
        ),
        (
            Action.REQUEST_CREATED,
            {"version": 2, "after": {"request": 7, "to_stage": "staging"}},
            "ana asked to promote churn:2 to staging",
        ),
        (
            Action.REQUEST_REJECTED,
            {"version": 2, "after": {"request": 7, "to_stage": "staging"}},
            "ana rejected churn:2 request 7 to staging",
        ),
        (Action.POLICY_CHANGED, {"model": "", "after": {"pattern": "fraud.*"}}, "ana changed the policy of fraud.*"),
        (
            Action.TOKEN_CREATED,
            {"model": "", "after": {"account": "bo", "name": "nightly"}},
            "ana made a token of bo nightly",
        ),
        (Action.ACCOUNT_UPDATED, {"model": "", "after": {"name": "bo"}}, "ana changed the account bo"),
        (Action.GROUP_DELETED, {"model": "", "before": {"name": "risk"}}, "ana removed the group risk"),
        (
            Action.ACCOUNT_SIGNED_IN,
            {"model": "", "after": {"account": "ana", "way": "password"}},
            "ana signed in by password",
        ),
        (
            Action.ACCOUNT_LINKED,
            {"model": "", "after": {"account": "bo", "issuer": "https://id.example.com", "subject": "7"}},
            "ana let 7 of https://id.example.com sign in as bo",
        ),
        (
            Action.PASSWORD_CHANGED,
            {"model": "", "after": {"account": "bo", "has_one": True}},
            "ana set the password of bo",
        ),
        (
            Action.PASSWORD_CHANGED,
            {"model": "", "after": {"account": "bo", "has_one": False}},
            "ana removed the password of bo",
        ),
        (Action.WEBHOOK_CREATED, {"model": ""}, "ana added a webhook to \u2026"),
    ],
)
def test_an_event_is_told_as_a_sentence(action: Action, fields: dict[str, Any], expected: str) -> None:
    assert sentence(shown(action, **fields)) == expected


@pytest.mark.parametrize("action", Action)
def test_every_kind_of_event_has_words(action: Action) -> None:
    noun = action.value.partition(".")[0]
    concerns_a_model = noun in {"model", "version", "alias", "metrics", "request"}
    view = shown(action, **{"version": 2} if concerns_a_model else {"model": ""})
    assert view.verb
    assert view.verb != action.value.replace(".", " ").replace("_", " "), "told by its name alone"


def test_on_the_page_of_its_model_the_name_is_not_said_again() -> None:
    assert shown(Action.VERSION_REGISTERED, version=2, within="churn").subject == "version 2"
    assert shown(Action.MODEL_UPDATED, within="churn").subject == "this model"
    assert shown(Action.VERSION_REGISTERED, version=2, model="old.name", within="churn").subject == "old.name:2"


def test_links_lead_to_what_is_there() -> None:
    assert shown(Action.VERSION_UPDATED, version=2).href == "/models/churn/versions/2"
    assert shown(Action.VERSION_DELETED, version=2).href == "/models/churn"
    assert shown(Action.MODEL_DELETED).href == ""
    assert shown(Action.VERSION_UPDATED, version=2, model="a b").href == "/models/a%20b/versions/2"

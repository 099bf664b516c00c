from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from modelyard.domain.digest import digest_of
from modelyard.domain.event import REGISTRY_CHAIN, Action, Change, hash_of, rfc3339
from modelyard.domain.json_value import canonical_json
from tests.fakes.clock import START
from tests.strategies import json_objects

CHANGE = Change(
    at=START,
    actor="ada",
    action=Action.VERSION_UPDATED,
    model_id=3,
    model="churn",
    version=7,
    before={"description": ""},
    after={"description": "better"},
    reason="typo",
)
PREVIOUS = digest_of(b"the event before")


@pytest.mark.parametrize(
    "other",
    [
        pytest.param({"at": START + timedelta(milliseconds=1)}, id="at"),
        pytest.param({"actor": "bob"}, id="actor"),
        pytest.param({"action": Action.VERSION_DELETED}, id="action"),
        pytest.param({"model_id": 4}, id="model_id"),
        pytest.param({"model": "Churn"}, id="model"),
        pytest.param({"version": 8}, id="version"),
        pytest.param({"version": None}, id="no version"),
        pytest.param({"before": None}, id="before"),
        pytest.param({"before": {}}, id="empty before"),
        pytest.param({"after": {"description": "better", "x": None}}, id="after"),
        pytest.param({"reason": ""}, id="reason"),
    ],
)
def test_an_edit_of_any_field_changes_the_hash(other: dict[str, Any]) -> None:
    assert hash_of(replace(CHANGE, **other), 2, PREVIOUS) != hash_of(CHANGE, 2, PREVIOUS)


def test_another_place_in_the_chain_changes_the_hash() -> None:
    hashes = [hash_of(CHANGE, 2, PREVIOUS), hash_of(CHANGE, 3, PREVIOUS), hash_of(CHANGE, 2, digest_of(b"another"))]

    assert len({*hashes, hash_of(CHANGE, 2, None)}) == 4


def test_the_hash_of_an_event_never_changes_between_releases() -> None:
    assert hash_of(CHANGE, 2, PREVIOUS) == "sha256:11137b4b038c2f7f6387c8c7cfd80c7db7bf5acf861b4134d5b54a3c5d620e9e"


@given(json_objects, json_objects)
def test_different_contents_have_different_hashes(before: dict[str, Any], after: dict[str, Any]) -> None:
    one = hash_of(replace(CHANGE, before=before, after=after), 1, None)
    other = hash_of(replace(CHANGE, before=after, after=before), 1, None)

    assert (one == other) == (canonical_json(before) == canonical_json(after))


@pytest.mark.parametrize("action", Action)
def test_a_models_coming_and_going_stands_in_the_registrys_chain(action: Action) -> None:
    of_registry = {Action.MODEL_CREATED, Action.MODEL_RENAMED, Action.MODEL_DELETED}

    assert replace(CHANGE, action=action).chain == (REGISTRY_CHAIN if action in of_registry else 3)


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (START, "2026-01-31T12:00:00.005Z"),
        (datetime(2026, 1, 31, 12, tzinfo=UTC), "2026-01-31T12:00:00.000Z"),
        (datetime(2026, 1, 31, 12, 0, 0, 999_999, tzinfo=UTC), "2026-01-31T12:00:00.999Z"),
        (datetime(2026, 1, 1, tzinfo=timezone(timedelta(hours=2))), "2025-12-31T22:00:00.000Z"),
        (datetime(1, 1, 1, tzinfo=UTC), "0001-01-01T00:00:00.000Z"),
    ],
)
def test_moments_are_written_in_utc_with_milliseconds(moment: datetime, text: str) -> None:
    assert rfc3339(moment) == text


FIRST, LAST = (
    moment.replace(tzinfo=None) for moment in (datetime(1, 1, 2, tzinfo=UTC), datetime(9999, 12, 30, tzinfo=UTC))
)


@given(st.datetimes(min_value=FIRST, max_value=LAST, timezones=st.timezones()))
def test_a_written_moment_is_the_moment(moment: datetime) -> None:
    found = datetime.fromisoformat(rfc3339(moment))

    assert timedelta(0) <= moment - found < timedelta(milliseconds=1)


@given(json_objects, json_objects, st.text(), st.none() | st.integers(1, 10**9))
def test_the_hash_is_that_of_the_canonical_json_of_all_that_is_recorded(
    before: dict[str, Any], after: dict[str, Any], reason: str, version: int | None
) -> None:
    change = replace(CHANGE, before=before, after=after, reason=reason, version=version)
    document: dict[str, Any] = {
        "position": 7,
        "at": rfc3339(change.at),
        "actor": change.actor,
        "action": change.action.value,
        "model_id": change.model_id,
        "model": change.model,
        "version": version,
        "before": before,
        "after": after,
        "reason": reason,
        "previous_hash": PREVIOUS,
    }
    assert hash_of(change, 7, PREVIOUS) == digest_of(rfc8785.dumps(document))

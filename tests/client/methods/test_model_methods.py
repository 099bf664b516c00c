"""What can be done with a model through the client, against a real server."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from modelyard.client import errors
from modelyard.client.aliases import Alias
from modelyard.client.connection import connect
from modelyard.client.measuring import Measurement, parse_key, written_key
from modelyard.client.registry import Registry
from tests.cli.conftest import register


def test_steps_answer_what_they_did(registry: Registry, churn: str) -> None:
    model = registry.model(churn)
    made = model.promote("@next", "production", reason="better")
    assert (made.version.reference, made.from_stage, made.to_stage, made.step) == (
        f"{churn}:2",
        "staging",
        "production",
        "promote",
    )
    assert (made.archived, made.reason, made.checklist.passed) == ([1], "better", True)
    assert model.rollback(to_version="1").version.number == 1
    assert model.demote(1, "staging").version.stage == "staging"
    assert model.archive(model.version(1)).version.stage == "archived"
    assert model.restore(1).version.stage == "draft"
    with pytest.raises(errors.StageConflict):
        model.restore(1)
    past = list(model.transitions(1))
    assert [one.to_stage for one in past[:2]] == ["draft", "archived"]
    assert past[0].actor == "ben"


def test_a_dry_run_changes_nothing_and_shows_the_gates(registry: Registry, churn: str) -> None:
    model = registry.model(churn)
    model.set_policy({"gates": {"production": [{"name": "high", "expression": "metric.auc@holdout >= 0.99"}]}})
    planned = model.promote(2, "production", dry_run=True)
    assert not planned.checklist.passed
    (gate,) = planned.checklist.gates
    assert (gate.name, gate.passed, gate.values) == ("high", False, {"metric.auc@holdout": 0.95})
    assert model.version(2).stage == "staging"
    with pytest.raises(errors.GateFailed) as refused:
        model.promote(2, "production")
    assert refused.value.details["gates"]
    model.delete_policy()
    assert model.policy().source == "built-in"


def test_approvals_go_from_one_to_the_other(registry: Registry, registry_url: str, churn: str) -> None:
    model = registry.model(churn)
    model.set_policy({"approvals": {"production": 1}})
    until = datetime.now(UTC) + timedelta(days=2)
    asked = model.request("@next", "production", reason="ready", expires_at=until)
    assert (asked.version, asked.status, asked.created_by) == (2, "open", "ben")
    assert abs(asked.expires_at - until) < timedelta(seconds=1)
    with pytest.raises(errors.RequestExists):
        model.request(2, "production")
    with pytest.raises(errors.OwnRequest):
        model.approve(asked.id)
    with connect(registry_url, actor="cai") as other:
        done = other.model(churn).approve(asked.id, reason="agreed")
    assert done.transition
    assert (done.status, done.transition.version.number) == ("executed", 2)
    assert [(one.approver, one.reason) for one in done.approvals] == [("cai", "agreed")]
    assert model.read_request(asked.id).status == "executed"
    assert [one.id for one in model.requests(status="executed")] == [asked.id]


def test_a_change_can_be_held_to_what_was_read(registry: Registry, churn: str) -> None:
    model = registry.model(churn)
    seen = model.version(3)
    changed = model.update_version(3, tags={"team": None, "new": "1"}, card="", unchanged_since=seen)
    assert (changed.tags, changed.card) == ({"new": "1"}, "")
    with pytest.raises(errors.PreconditionFailed, match="was changed since"):
        model.update_version(3, description="late", unchanged_since=seen)
    assert model.version(3).description == ""
    known = model.read()
    assert model.update(description="Who leaves", unchanged_since=known).description == "Who leaves"
    with pytest.raises(errors.PreconditionFailed, match=churn):
        model.update(description="late", unchanged_since=known)


def test_measurements_go_in_batches_and_come_back_whole(registry: Registry, churn: str) -> None:
    model = registry.model(churn)
    values = [Measurement(name="loss", value=1 / (step + 1), step=step) for step in range(10_001)]
    assert model.log_metrics(1, values).appended == 10_001
    done = model.log_metrics(1, values[:5])
    assert (done.appended, done.unchanged) == (0, 5)
    points = list(model.history(1, "loss"))
    assert [(point.step, point.value) for point in points] == [(one.step, one.value) for one in values]
    sampled = model.sampled_history(1, "loss", 100)
    assert len(sampled) <= 100
    assert {sampled[0], sampled[-1]} <= set(points)
    with pytest.raises(errors.MetricConflict):
        model.log_metrics(1, {"loss": 2.0})


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("auc", ("auc", "", "")),
        ("auc@holdout", ("auc", "holdout", "")),
        ("auc@holdout/age<30", ("auc", "holdout", "age<30")),
        ("auc/a/b@c", ("auc", "", "a/b@c")),
    ],
)
def test_a_metric_is_written_as_the_registry_writes_it(text: str, parts: tuple[str, str, str]) -> None:
    assert parse_key(text) == parts
    assert written_key(*parts) == text


def test_deleting_tells_what_it_frees(registry: Registry, churn: str, tmp_path: Path) -> None:
    register(registry, churn, tmp_path, "some bytes of its own")
    assert registry.delete_version(f"{churn}:4") == 21
    with pytest.raises(errors.VersionInUse):
        registry.delete_version(f"{churn}@next")
    renamed = registry.model(churn).rename(f"{churn}.eu")
    with pytest.raises(errors.ModelInUse):
        renamed.delete()
    assert renamed.delete(force=True) >= 0
    with pytest.raises(errors.ModelNotFound):
        renamed.read()


def test_the_timeline_tells_who_held_what(registry: Registry, churn: str) -> None:
    model = registry.model(churn)
    model.promote(2, "production", reason="better")
    second, first = model.timeline(stage="production")
    assert (second.version, second.until, second.since.reason) == (2, None, "better")
    assert first.until
    assert (first.version, first.until.sequence) == (1, first.until.sequence)
    assert first.since.at <= first.until.at <= second.since.at
    assert [one.name for one in model.timeline(alias="next")] == ["next"]
    assert model.version("production", at=first.since.at.isoformat()).number == 1


def test_aliases_are_protected_and_made_free(registry: Registry, churn: str) -> None:
    model = registry.model(churn)
    assert not model.set_alias("champion", 1).protected
    assert model.set_alias("champion", 1, protected=True).protected
    moved = model.set_alias("champion", 2, reason="better")
    assert (moved.version, moved.protected, moved.revision) == (2, True, 3)
    assert [(one.name, one.protected) for one in model.aliases()] == [("champion", True), ("next", False)]
    assert not model.set_alias("champion", 2, protected=False).protected
    assert [event.action for event in model.events(limit=2)] == ["alias.protection_changed", "alias.moved"]


def test_an_alias_of_a_registry_that_knows_no_protection_can_be_read(registry: Registry, churn: str) -> None:
    document = {key: value for key, value in registry.model(churn).aliases()[0].document.items() if key != "protected"}
    assert not Alias.of(document).protected


def test_policies_of_patterns_are_kept_by_the_registry(registry: Registry, churn: str) -> None:
    policies, pattern = registry.policies, f"{churn}*"
    assert policies.set(pattern, {"approvals": {"production": 2}}).approvals == {"production": 2}
    assert registry.model(churn).policy().pattern == pattern
    assert pattern in [one.pattern for one in policies.list()]
    assert policies.read(pattern).exclusive == ["production"]
    policies.delete(pattern)
    with pytest.raises(errors.PolicyNotFound):
        policies.read(pattern)

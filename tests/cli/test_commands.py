"""What each command does to a registry, and what it tells people of it."""

import http.server
import json
import stat
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from modelyard.client import errors
from modelyard.client.registry import Registry
from tests.cli.conftest import register
from tests.cli.program import PATIENCE_SECONDS, Inside


def test_a_version_goes_up_and_back_again(inside: Inside, registry: Registry, churn: str) -> None:
    assert inside("promote", f"{churn}:2", "production", "-m", "better").said() == (
        f"{churn}:2 is in production.\n{churn}:1 was archived.\n"
    )
    planned = inside("rollback", churn, "--dry-run").said()
    assert planned == f"{churn}:1 would go from archived to production.\n{churn}:2 would be archived.\n"
    assert registry.version(f"{churn}:production").number == 2
    made = inside("rollback", churn, "--to", "1", "-m", "wrong scores", "--json").json()
    assert (made["version"]["number"], made["step"], made["archived"]) == (1, "rollback", [2])
    assert registry.version(f"{churn}:production").number == 1


def test_others_approve_what_one_asks_for(inside: Inside, registry: Registry, churn: str) -> None:
    registry.model(churn).set_policy({"approvals": {"production": 1}})
    refused = inside("promote", f"{churn}@next", "production")
    assert refused.code == 4
    told = inside("request", f"{churn}@next", "production", "-m", "ready").said()
    first = next(registry.model(churn).requests()).id
    assert told == (
        f"Request {first} asks for {churn}:2 to go to production.\nOthers run: modelyard approve {churn} {first}\n"
    )
    assert inside("approve", churn, str(first)).code == 4  # by the one who asked
    rejected = inside("reject", churn, str(first), "-m", "no card", MODELYARD_ACTOR="cai").said()
    assert rejected == f"Request {first} is rejected.\n"
    too_late = inside("request", f"{churn}:2", "production", "--expires", "2999-01-01T00:00:00Z")
    assert too_late.code == 1
    second = inside("request", f"{churn}:2", "production", "--json").json()["id"]
    assert inside("withdraw", churn, str(second)).said() == f"Request {second} is withdrawn.\n"
    third = inside("request", f"{churn}:2", "production", "--json").json()["id"]
    told = inside("approve", churn, str(third), "-m", "agreed", MODELYARD_ACTOR="cai").said()
    assert told == f"Request {third} is approved: {churn}:2 is in production.\n"
    listed = inside("requests", churn, "--json").json()
    stands = [(one["id"], one["status"]) for one in listed]
    assert stands == [(third, "executed"), (second, "withdrawn"), (first, "rejected")]


def test_a_request_that_needs_more_approvals_says_how_many(inside: Inside, registry: Registry, churn: str) -> None:
    registry.model(churn).set_policy({"approvals": {"production": 2}})
    number = inside("request", f"{churn}:2", "production", "--json").json()["id"]
    told = inside("approve", churn, str(number), MODELYARD_ACTOR="cai").said()
    assert told == f"Request {number} has 1 of 2 approvals, and is open.\n"


def test_aliases_are_set_moved_and_removed(inside: Inside, registry: Registry, churn: str) -> None:
    assert inside("alias", "set", f"{churn}:1", "champion").said() == f"{churn}@champion is {churn}:1.\n"
    assert inside("alias", "set", f"{churn}@next", "@champion").said() == f"{churn}@champion is {churn}:2.\n"
    assert inside("alias", "rm", f"{churn}@champion", "--yes").said() == f"{churn}@champion is removed.\n"
    with pytest.raises(errors.VersionNotFound):
        registry.version(f"{churn}@champion")


def test_aliases_are_protected_until_that_is_lifted(inside: Inside, churn: str) -> None:
    told = f"{churn}@champion is {churn}:1"
    assert inside("alias", "set", f"{churn}:1", "champion", "--protect").said() == f"{told}, protected.\n"
    assert inside("alias", "set", f"{churn}:1", "champion").said() == f"{told}, protected.\n"
    listed = [line.split()[:3] for line in inside("alias", "ls", churn).said().splitlines()]
    assert listed == [
        ["alias", "version", "protected"],
        [f"{churn}@champion", "1", "yes"],
        [f"{churn}@next", "2", "no"],
    ]
    assert inside("alias", "set", f"{churn}:1", "champion", "--no-protect").said() == f"{told}.\n"


def test_tags_of_models_and_versions_are_set_and_removed(inside: Inside, registry: Registry, churn: str) -> None:
    assert inside("tag", f"{churn}:1", "owner=ana", "note=a=b", "--remove", "team").said() == "note=a=b\nowner=ana\n"
    assert registry.version(f"{churn}:1").tags == {"owner": "ana", "note": "a=b"}
    assert inside("tag", churn, "line=retail").said() == "line=retail\n"
    assert inside("tag", churn).said() == "line=retail\n"
    assert inside("tag", churn, "--remove", "line").said() == "no tags\n"


def test_metrics_are_appended_once(inside: Inside, registry: Registry, churn: str) -> None:
    values = ("auc=0.5", "auc@test=0.25", "auc@test/age<30=-1e-3")
    assert inside("metrics", "log", f"{churn}:1", *values, "--step", "3").said() == "3 appended, 0 were there.\n"
    assert inside("metrics", "log", f"{churn}:1", *values, "--step", "3").said() == "0 appended, 3 were there.\n"
    found = {metric.key: (metric.value, metric.step) for metric in registry.model(churn).metrics(1)}
    assert found == {
        "auc": (0.5, 3),
        "auc@holdout": (0.9, 0),
        "auc@test": (0.25, 3),
        "auc@test/age<30": (-0.001, 3),
    }


def test_the_history_of_a_metric_is_listed_whole(inside: Inside, registry: Registry, churn: str) -> None:
    registry.model(churn).log_metrics(1, {"loss": 0.5}, step=1)
    registry.model(churn).log_metrics(1, {"loss": 0.25}, step=2)
    listed = inside("metrics", "history", f"{churn}:1", "loss", "--json").json()
    answer = registry.transport.get(f"/models/{churn}/versions/1/metrics/loss/history")
    assert listed == answer["items"]


def test_a_metric_is_drawn_over_versions_and_by_step(inside: Inside, registry: Registry, churn: str) -> None:
    drawn = inside("metrics", "plot", churn, "auc@holdout").said().splitlines()
    assert drawn[0] == f"auc@holdout of {churn}"
    assert drawn[1].startswith("0.95 ┤")
    assert drawn[-2].startswith(" 0.9 ┤")
    assert drawn[-1].split() == ["1", "version", "3"]
    for step in range(5):
        registry.model(churn).log_metrics(1, {"loss": 1 / (step + 1)}, step=step)
    assert inside("metrics", "plot", f"{churn}:1", "loss").said().splitlines()[-1].split() == ["0", "step", "4"]
    points = inside("metrics", "plot", churn, "auc@holdout", "--json").json()
    assert points == [{"version": 1, "value": 0.9}, {"version": 2, "value": 0.95}, {"version": 3, "value": 0.92}]
    missing = inside("metrics", "plot", churn, "f1")
    assert missing.code == 1
    assert "no values of f1" in missing.err


def test_a_metric_with_an_odd_name_is_drawn_too(inside: Inside, registry: Registry, churn: str) -> None:
    odd = 'a "b" \\ c@hold out/age<30'
    registry.model(churn).log_metrics(2, {odd: 1.0})
    assert inside("metrics", "plot", churn, odd, "--json").json() == [{"version": 2, "value": 1.0}]


def test_policies_are_written_read_and_removed(inside: Inside, registry: Registry, churn: str, tmp_path: Path) -> None:
    file = tmp_path / "policy.yaml"
    file.write_text("approvals: {production: 1}\n")
    assert inside("policy", "set", churn, str(file)).said() == f"{churn} has this policy now.\n"
    shown = inside("policy", "show", churn).said()
    assert shown.startswith("# its own\n")
    assert "approvals:\n  production: 1\n" in shown
    file.write_text(shown)
    inside("policy", "set", f"{churn}*", str(file)).said()
    assert inside("policy", "rm", churn, "--yes").said() == f"The policy of {churn} is removed.\n"
    assert inside("policy", "show", churn).said().startswith(f"# of {churn}*\n")
    assert f"{churn}*" in [one["pattern"] for one in inside("policy", "ls", "--json").json()]
    inside("policy", "rm", f"{churn}*", "--yes").said()
    assert registry.model(churn).policy().source == "built-in"


@pytest.mark.parametrize("text", ["- a list", "gates: [", "\x00"])
def test_a_file_that_is_no_policy_is_misuse(inside: Inside, churn: str, tmp_path: Path, text: str) -> None:
    file = tmp_path / "policy.yaml"
    file.write_text(text)
    assert inside("policy", "set", churn, str(file)).code == 2


def test_versions_and_models_are_deleted_and_renamed(inside: Inside, registry: Registry, churn: str) -> None:
    assert inside("delete", f"{churn}:3", "--yes").said().startswith(f"{churn}:3 is deleted; ")
    assert inside("rename", churn, f"{churn}-eu").said() == f"{churn} is now {churn}-eu.\n"
    assert inside("delete", f"{churn}-eu", "--yes").code == 4
    assert inside("delete", f"{churn}-eu", "--yes", "--force", "--json").json()["freed_bytes"] >= 0
    with pytest.raises(errors.ModelNotFound):
        registry.model(f"{churn}-eu").read()


def test_a_question_of_the_past_is_answered(inside: Inside, churn: str) -> None:
    inside("promote", f"{churn}:2", "production").said()
    since = inside("history", churn, "--stage", "production", "--json").json()
    assert [one["version"] for one in since] == [2, 1]
    then = since[1]["since"]["at"]
    assert inside("show", f"{churn}:production", "--at", then, "--json").json()["number"] == 1


def test_equal_versions_differ_in_little(inside: Inside, registry: Registry, churn: str, tmp_path: Path) -> None:
    told = inside("diff", f"{churn}:1", f"{churn}:2").said()
    assert [line.split()[:2] for line in told.splitlines() if line.startswith("params")] == [["params", "depth"]]
    whole = inside("compare", f"{churn}:1", f"{churn}:2", f"{churn}:3").said()
    assert [line.split()[:2] for line in whole.splitlines() if line.startswith("framework")] == [
        ["framework", "name"],
        ["framework", "version"],
    ]
    assert inside("compare", f"{churn}:1").code == 2


def test_a_leaderboard_may_prefer_lower_values(inside: Inside, churn: str) -> None:
    ranked = inside("leaderboard", "auc@holdout", "--model", churn, "--lower", "-L", "2", "--json").json()
    assert [one["number"] for one in ranked] == [1, 3]
    found = inside("leaderboard", "auc@holdout", "--model", churn, "-q", "stage:staging", "--json").json()
    assert [one["number"] for one in found] == [2]


class _Receiver(http.server.BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(204)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def receiver() -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Receiver) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/hook"
        server.shutdown()
        thread.join()


def test_webhooks_are_made_tried_and_deleted(inside: Inside, registry: Registry, churn: str, receiver: str) -> None:
    made = inside("webhook", "add", receiver, "--models", churn, "--action", "model.updated", "--json").json()
    number = str(made["id"])
    try:
        assert made["secret"].startswith("whsec_")
        assert inside("webhook", "test", number).said().startswith("It was answered with 204 in ")
        edited = inside("webhook", "edit", number, "--paused", "--description", "a try", "--json").json()
        assert (edited["active"], edited["description"], edited["actions"]) == (False, "a try", ["model.updated"])
        inside("webhook", "edit", number, "--active").said()
        registry.model(churn).update(description="changed")
        sent: list[dict[str, object]] = []
        begun = time.monotonic()
        while not sent and time.monotonic() - begun < PATIENCE_SECONDS:  # the server finds out on its own time
            sent = inside("webhook", "deliveries", number, "--json").json()
        assert [one["action"] for one in sent] == ["model.updated"]
        inside("webhook", "redeliver", number, str(sent[0]["id"])).said()
        assert number in [str(one["id"]) for one in inside("webhook", "ls", "--json").json()]
    finally:
        assert inside("webhook", "rm", number, "--yes").said() == f"Webhook {number} is deleted.\n"
    assert inside("webhook", "test", number).code == 3


def test_a_registry_is_remembered_and_forgotten(inside: Inside, registry_url: str, tmp_path: Path) -> None:
    path = tmp_path / "profiles.json"
    without = {"MODELYARD_URL": "", "MODELYARD_ACTOR": ""}
    told = inside("login", registry_url, "--actor", "dora", **without).said()
    assert told == f"{registry_url} answers. Kept as profile default in {path}.\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    name = f"login-{tmp_path.name}"
    inside("login", registry_url, "--profile", "other", "--json", **without).json()
    listed = inside("login", "--list", "--json", **without).json()
    assert listed == [
        {"profile": "default", "address": registry_url, "actor": "dora", "has_token": False},
        {"profile": "other", "address": registry_url, "actor": "", "has_token": False},
    ]
    assert inside("ls", name, **without).code == 3  # it was asked
    inside("login", "--remove", "--profile", "other", **without).said()
    assert list(json.loads(path.read_text())) == ["default"]
    assert inside("login", "--remove", "--profile", "other", **without).code == 2


def test_a_registry_that_does_not_answer_is_not_remembered(inside: Inside, tmp_path: Path) -> None:
    ended = inside("login", "http://127.0.0.1:1", MODELYARD_URL="")
    assert ended.code == 5
    assert not (tmp_path / "profiles.json").exists()


def test_models_are_listed_and_shown(inside: Inside, registry: Registry, tmp_path: Path) -> None:
    name = f"solo-{tmp_path.name}"
    assert register(registry, name, tmp_path, "x") == 1
    listed = inside("ls", "--limit", "500", "--sort", "-updated_at", "--json").json()
    assert name in [model["name"] for model in listed]
    assert f"name            {name}\n" in inside("show", name).said()
    shown = inside("show", f"{name}:1").said()
    assert "weights.bin  1 B" in shown

"""The chapter on trust: a gate refuses a version, a colleague approves it, and it is rolled back."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from rich.markup import escape

from demo.account import Account, Chapter
from demo.failure import DemoFailed
from demo.making import Made, Registered, best_of
from demo.registry import Document, Registry, model_path, version_path

GUARDED = "demo.wine"
_CONFLICT = 409
_REFUSALS = {403, _CONFLICT}
"""Whoever asked may not decide; where the registry asks who calls, they may lack the right to decide at all."""
_SHOWN = 5


def guard(account: Account, training: Registry, release: Registry, made: Made) -> None:
    """Set a policy for one model, try to get a weaker version past it, and undo what was let through."""
    with account.chapter(f"Guard {GUARDED}: gates, approval, rollback, timeline") as chapter:
        best = best_of(made[GUARDED])
        weaker = next(entry for entry in made[GUARDED] if entry.number != best.number and _is_draft(release, entry))
        release.move(GUARDED, weaker.number, "draft", "staging", "a second opinion")
        with _policy(release, {"gates": {"production": [_beats_production(best)]}}):
            _tell_checklist(chapter, release, weaker)
        with _policy(release, {"approvals": {"production": 1}}):
            _approve(chapter, training, release, weaker)
        _roll_back(chapter, release, weaker, best)
        _tell_timeline(chapter, release)
        release.move(GUARDED, weaker.number, "archived", "draft", "for another try")


def _is_draft(registry: Registry, entry: Registered) -> bool:
    stage: str = registry.read(version_path(GUARDED, entry.number))["stage"]
    return stage == "draft"


@contextmanager
def _policy(registry: Registry, document: Document) -> Iterator[None]:
    address = f"{model_path(GUARDED)}/policy"
    registry.call("PUT", address, json=document)
    yield
    registry.call("DELETE", address)


def _beats_production(best: Registered) -> Document:
    metric = f"metric.{best.trained.task.headline}@validation"
    return {"name": "better than production", "expression": f"{metric} > production.{metric}"}


def _tell_checklist(chapter: Chapter, registry: Registry, entry: Registered) -> None:
    answer = registry.send(
        "POST", f"{version_path(GUARDED, entry.number)}/transitions", json={"to_stage": "production"}
    )
    problem: Document = answer.json()
    if answer.status_code != _CONFLICT or problem["type"] != "urn:modelyard:error:gate-failed":
        raise DemoFailed(f"The gate let {entry.name} through: {problem}")
    [gate] = problem["gates"]
    chapter.say(f"{entry.name} to production: [yellow]{problem['status']} {problem['type']}[/yellow]")
    chapter.show(("gate", "expression", "passed"), [(gate["name"], gate["expression"], "no")])
    for field, value in gate["values"].items():
        chapter.say(escape(f"  It saw {field} = {value}."))


def _approve(chapter: Chapter, training: Registry, release: Registry, entry: Registered) -> None:
    requests = f"{model_path(GUARDED)}/requests"
    wanted = {"version": entry.number, "to_stage": "production", "reason": "simpler, and good enough"}
    request: Document = training.call("POST", requests, json=wanted).json()
    address = f"{requests}/{request['id']}/approve"
    own = training.send("POST", address, json={})
    if own.status_code not in _REFUSALS:
        raise DemoFailed(f"Who asked for {entry.name} could approve it")
    decided: Document = release.call("POST", address, json={"reason": "agreed"}).json()
    if decided["status"] != "executed":
        raise DemoFailed(f"The approval of {entry.name} did not take the step: {decided['status']}")
    [archived] = decided["transition"]["archived"]
    chapter.say(f"Four eyes: training asks for {entry.name}, and may not approve it itself.")
    chapter.say(f"The approval by release puts it into production and archives {archived}.")


def _roll_back(chapter: Chapter, registry: Registry, entry: Registered, best: Registered) -> None:
    reason = {"reason": "more complaints than before"}
    answer: Document = registry.call("POST", f"{model_path(GUARDED)}/rollback", json=reason).json()
    if answer["version"]["number"] != best.number or answer["archived"] != [entry.number]:
        raise DemoFailed(f"The rollback went to {answer['version']['number']}, not to {best.number}")
    chapter.say(f"One call rolls back to {best.name}.")


def _tell_timeline(chapter: Chapter, registry: Registry) -> None:
    intervals = registry.read(f"{model_path(GUARDED)}/timeline", stage="production", limit=_SHOWN)["items"]
    chapter.show((">version", "from (UTC)", "to", "by", "because"), list(map(_row, intervals[::-1])))


def _row(interval: Document) -> Sequence[str]:
    since, until = interval["since"], interval["until"]
    return (
        str(interval["version"]),
        since["at"][11:23],
        until["at"][11:23] if until else "now",
        since["by"],
        since["reason"],
    )

"""The chapters in the middle: versions are compared, and the best one reaches production."""

from collections.abc import Sequence

from rich.markup import escape
from rich.text import Text

from demo.account import Account, Chapter
from demo.failure import DemoFailed
from demo.making import Made, Registered, best_of
from demo.registry import Document, Registry, model_path, version_path

COMPARED = "demo.digits"
_CONFLICT = 409


def compare(account: Account, registry: Registry, made: Made) -> None:
    """Hold the versions of one model against each other, by what the registry knows of them."""
    with account.chapter(f"Compare the versions of {COMPARED}") as chapter:
        versions = {entry.number: entry for entry in made[COMPARED]}
        summaries = [
            version
            for version in registry.read_all(f"{model_path(COMPARED)}/versions", sort="number")
            if version["number"] in versions
        ]
        best = best_of(made[COMPARED]).number
        rows = [_compared(registry, summary, versions[summary["number"]], best) for summary in summaries]
        columns = ("version", "estimator", ">train", ">validation", ">holdout", "weakest slice")
        chapter.show(columns, rows)


def promote(account: Account, registry: Registry, made: Made) -> None:
    """Bring a first version of each model into production, then the best one, which archives it."""
    with account.chapter("Promote: draft → staging → production") as chapter:
        rows = [_promoted(registry, versions) for versions in made.values()]
        chapter.show(("model", "production", "because", ">archived", ">champion"), rows)
        waiting = next(
            entry
            for entry in made["demo.wine"]
            if registry.read(version_path(entry.model, entry.number))["stage"] == "draft"
        )
        _tell_refusal(chapter, registry, waiting)


def _compared(registry: Registry, summary: Document, entry: Registered, best: int) -> Sequence[Text]:
    metrics, headline = summary["metrics"], entry.trained.task.headline
    latest = registry.read(f"{version_path(COMPARED, entry.number)}/metrics")["items"]
    slices = [m for m in latest if m["slice"] and m["dataset"] == "holdout" and m["name"] == headline]
    weakest = min(slices, key=lambda metric: float(metric["value"]))
    scores = [f"{metrics[f'{headline}@{dataset}']:.3f}" for dataset in ("train", "validation", "holdout")]
    cells = (entry.name, entry.trained.candidate.label, *scores, f"{weakest['slice']} {weakest['value']:.3f}")
    return [Text(cell, style="bold green" if entry.number == best else "") for cell in cells]


def _promoted(registry: Registry, versions: Sequence[Registered]) -> Sequence[str]:
    best = best_of(versions)
    model, headline = best.model, best.trained.task.headline
    held: list[int] = registry.read(model_path(model))["production"]
    if not held:
        baseline = versions[0]
        _raise(registry, baseline, "a baseline to beat")
        held = [baseline.number]
    archived: list[int] = []
    reason = f"best {headline}@validation: {best.trained.headline('validation'):.3f}"
    if best.number not in held:
        archived = _raise(registry, best, reason)
        if archived != held:
            raise DemoFailed(f"{best.name} came into production and archived {archived}, not {held}")
    registry.point_alias(model, "champion", best.number)
    return model, f"{_numbers(held)} → {best.number}", reason, _numbers(archived), str(best.number)


def _raise(registry: Registry, entry: Registered, reason: str) -> list[int]:
    """Promote a draft by two steps; the numbers that it archived."""
    registry.move(entry.model, entry.number, "draft", "staging", reason)
    archived: list[int] = registry.move(entry.model, entry.number, "staging", "production", reason)["archived"]
    return archived


def _numbers(numbers: Sequence[int]) -> str:
    return ", ".join(map(str, numbers)) or "none"


def _tell_refusal(chapter: Chapter, registry: Registry, entry: Registered) -> None:
    """Ask for a step that is not allowed, and show the answer."""
    path = f"{version_path(entry.model, entry.number)}/transitions"
    answer = registry.send("POST", path, json={"to_stage": "production"})
    problem: Document = answer.json()
    if answer.status_code != _CONFLICT:
        raise DemoFailed(f"{entry.name} went straight from draft to production: {problem}")
    chapter.say(f"{entry.name} straight from draft to production is refused:")
    chapter.say(f"  [yellow]{problem['status']} {problem['type']}[/yellow], allowed: {', '.join(problem['allowed'])}")
    chapter.say(escape(f"  {problem['detail']}. {problem['hint']}"))

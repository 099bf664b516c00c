"""The first chapters: models are trained, registered and measured."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from demo.account import Account, Chapter, size, sparkline
from demo.delivery import Delivered, Delivery, send_files, send_form, send_form_under
from demo.description import describe, files_of, metrics_of
from demo.failure import DemoFailed
from demo.registry import Document, Registry, model_path, version_path
from demo.tasks import TASKS, Task
from demo.training import Trained, train_all

FORM_MODEL = "demo.tumours"
_MODEL_TAGS = {"example": "make-demo"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """A trained model and the version that it became."""

    trained: Trained
    delivered: Delivered
    seconds: float

    @property
    def model(self) -> str:
        """The name of its model."""
        return self.trained.task.model

    @property
    def number(self) -> int:
        """The number that the registry gave it."""
        number: int = self.delivered.version["number"]
        return number

    @property
    def name(self) -> str:
        """How it is referred to."""
        return f"{self.model}:{self.number}"


Made = Mapping[str, Sequence[Registered]]


def train_and_register(account: Account, registry: Registry, seed: int) -> Made:
    """Train every candidate and register it as a version, in three different ways."""
    with account.chapter("Train on real data, and register each model as a version") as chapter:
        made = {task.model: _versions_of(registry, task, seed) for task in TASKS}
        entries = [entry for versions in made.values() for entry in versions]
        columns = ("version", "estimator", ">fit", ">size", "sent", ">took")
        chapter.show(columns, (_row(entry) for entry in entries))
        chapter.say("Only missing files are sent. An upload was cut off, and went on from there.")
        _tell_lineage(chapter, entries)
        _repeat_form(chapter, registry, made[FORM_MODEL][-1])
    return made


def measure(account: Account, registry: Registry, made: Made) -> None:
    """Append to every version what was measured of it, and read the courses of learning back."""
    with account.chapter("Append metrics: by data set, by slice, by step") as chapter:
        entries = [entry for versions in made.values() for entry in versions]
        metrics = {entry.name: metrics_of(entry.trained) for entry in entries}
        appended = sum(registry.append_metrics(entry.model, entry.number, metrics[entry.name]) for entry in entries)
        values = [value for batch in metrics.values() for value in batch]
        sliced = sum(1 for value in values if value.get("slice"))
        stepped = sum(1 for value in values if "step" in value)
        whole = len(values) - sliced - stepped
        chapter.say(
            f"{appended} values: {whole} on whole splits, {sliced} on slices, {stepped} by step. On validation:"
        )
        rows = [_curve(registry, entry) for entry in entries if entry.trained.curves]
        chapter.show(("version", "metric", ">steps", ">first", "course", ">last"), rows)


def _versions_of(registry: Registry, task: Task, seed: int) -> list[Registered]:
    deliver: Delivery = send_form
    if task.model != FORM_MODEL:
        deliver = send_files
        if registry.find_model(task.model) is None:
            model = {"name": task.model, "description": task.question, "tags": _MODEL_TAGS}
            registry.call("POST", "/models", json=model)
    versions: list[Registered] = []
    for trained in train_all(task, seed):
        parent = versions[-1].name if trained.parent else None
        begun = time.perf_counter()
        delivered = deliver(registry, task.model, files_of(trained), describe(trained, parent))
        versions.append(Registered(trained=trained, delivered=delivered, seconds=time.perf_counter() - begun))
    if task.model == FORM_MODEL:
        registry.call("PATCH", model_path(task.model), json={"description": task.question, "tags": _MODEL_TAGS})
    return versions


def _row(entry: Registered) -> Sequence[str]:
    return (
        entry.name,
        entry.trained.candidate.label,
        f"{entry.trained.seconds:.2f} s",
        size(entry.delivered.version["size_bytes"]),
        entry.delivered.way,
        f"{entry.seconds * 1000:.0f} ms",
    )


def _tell_lineage(chapter: Chapter, entries: Sequence[Registered]) -> None:
    grown = [f"{entry.name} from {parent.rpartition(':')[2]}" for entry in entries if (parent := _parent(entry))]
    chapter.say(f"Lineage, trained further: {', '.join(grown)}.")


def _parent(entry: Registered) -> str | None:
    parent: str | None = entry.delivered.version["lineage"].get("parent")
    return parent


def _repeat_form(chapter: Chapter, registry: Registry, last: Registered) -> None:
    key = last.delivered.idempotency_key
    description = describe(last.trained, _parent(last))
    answer = send_form_under(key, registry, last.model, files_of(last.trained), description)
    if answer.json() != last.delivered.version or answer.headers.get("Idempotent-Replayed") != "true":
        raise DemoFailed(f"A form sent again under its Idempotency-Key became version {answer.json()['number']}")
    chapter.say(f"{last.name} sent again, same Idempotency-Key: same answer, no version {last.number + 1}.")


def _curve(registry: Registry, entry: Registered) -> Sequence[str]:
    curve = entry.trained.curves[-1]
    path = f"{version_path(entry.model, entry.number)}/metrics/{curve.metric}/history"
    points: list[Document] = registry.read(path, dataset=curve.dataset, limit=10_000)["items"]
    values = [point["value"] for point in points]
    if values != list(curve.values):
        raise DemoFailed(f"{entry.name} learnt otherwise than {path} tells")
    steps = f"{points[0]['step']}-{points[-1]['step']}"
    return entry.name, curve.metric, steps, f"{values[0]:.4g}", sparkline(values, 24), f"{values[-1]:.4g}"


def best_of(versions: Sequence[Registered]) -> Registered:
    """The best by the headline metric on the rows to choose by; of equals the latest."""
    return max(versions, key=lambda entry: (entry.trained.headline("validation"), entry.number))

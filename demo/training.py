"""Training the candidates of a task, and measuring each on every split and slice."""

import io
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import joblib
import numpy as np
from sklearn.metrics import accuracy_score, f1_score, mean_absolute_error, r2_score, root_mean_squared_error

from demo.candidates import CANDIDATES, Candidate
from demo.learning import Curve, Estimator, Predictions
from demo.tasks import Split, Task


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """A value on a split, or on a slice of it."""

    name: str
    dataset: str
    slice: str = ""
    value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Trained:
    """A model that has learnt. `payload` is what joblib made of it, `predictions` are for the held-out rows."""

    task: Task
    candidate: Candidate
    splits: dict[str, Split]
    estimator: Estimator
    seed: int
    seconds: float
    payload: bytes
    predictions: Predictions
    measured: Sequence[Measured]
    curves: Sequence[Curve]
    parent: "Trained | None"

    def headline(self, dataset: str) -> float:
        """The value that decides, on a whole split."""
        wanted = (self.task.headline, dataset, "")
        return next(m.value for m in self.measured if (m.name, m.dataset, m.slice) == wanted)


def train_all(task: Task, seed: int) -> list[Trained]:
    """Train every candidate of a task, in the order of their versions."""
    splits = task.splits()
    trained: list[Trained] = []
    for candidate in CANDIDATES[task.model]:
        before = trained[-1] if candidate.continues else None
        trained.append(_train(task, candidate, splits, seed, before))
    return trained


def _train(task: Task, candidate: Candidate, splits: dict[str, Split], seed: int, parent: Trained | None) -> Trained:
    begun = time.perf_counter()
    estimator = candidate.start(seed, parent and parent.estimator)
    curves = candidate.learn(estimator, splits)
    seconds = time.perf_counter() - begun
    file = io.BytesIO()
    joblib.dump(estimator, file)
    return Trained(
        task=task,
        candidate=candidate,
        splits=splits,
        estimator=estimator,
        seed=seed,
        seconds=seconds,
        payload=file.getvalue(),
        predictions=estimator.predict(splits["holdout"].inputs),
        measured=[m for split in splits.values() for m in _measure(task, estimator, split)],
        curves=curves,
        parent=parent,
    )


def _measure(task: Task, estimator: Estimator, split: Split) -> Iterator[Measured]:
    predicted = estimator.predict(split.inputs)
    for name, value in _scores(task, split.target, predicted).items():
        yield Measured(name=name, dataset=split.name, value=value)
    if split.name == "train":
        return
    for name, chosen in task.slices.items():
        rows = np.asarray(chosen(split.inputs, split.target))
        value = _scores(task, split.target[rows], predicted[rows])[task.headline]
        yield Measured(name=task.headline, dataset=split.name, slice=name, value=value)


def _scores(task: Task, target: Predictions, predicted: Predictions) -> dict[str, float]:
    if task.is_regression:
        return {
            "r2": float(r2_score(target, predicted)),
            "rmse": float(root_mean_squared_error(target, predicted)),
            "mae": float(mean_absolute_error(target, predicted)),
        }
    return {
        "accuracy": float(accuracy_score(target, predicted)),
        "f1_macro": float(f1_score(target, predicted, average="macro", zero_division=0)),
    }

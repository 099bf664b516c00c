"""Ways to learn, and what each one tells of its course."""

import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

from numpy.typing import NDArray
from pandas import DataFrame, Series
from sklearn.metrics import log_loss, mean_squared_error

from demo.tasks import Split

Predictions: TypeAlias = NDArray[Any]


class Estimator(Protocol):
    """What the demo asks of a scikit-learn estimator."""

    def fit(self, inputs: DataFrame, target: Series) -> object:
        """Learn from rows."""

    def predict(self, inputs: DataFrame) -> Predictions:
        """Predict one value a row."""

    def get_params(self, deep: bool = True) -> dict[str, object]:
        """How it was set up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """How a metric went while a model learned: one value a step, the first of them after `first_step` steps."""

    metric: str
    dataset: str
    first_step: int
    values: Sequence[float]


Splits: TypeAlias = Mapping[str, Split]
Learning: TypeAlias = Callable[[Any, Splits], list[Curve]]


def at_once(estimator: Estimator, splits: Splits) -> list[Curve]:
    """Fit, with no history to tell."""
    estimator.fit(splits["train"].inputs, splits["train"].target)
    return []


def tree_by_tree(estimator: Any, splits: Splits) -> list[Curve]:  # noqa: ANN401  # scikit-learn ships no types
    """Fit a boosted ensemble; its history is the error after each tree of it."""
    first_step = len(getattr(estimator, "estimators_", ())) + 1
    at_once(estimator, splits)
    is_classifier = hasattr(estimator, "staged_predict_proba")
    metric, measure = ("log_loss", log_loss) if is_classifier else ("mse", mean_squared_error)
    stages = estimator.staged_predict_proba if is_classifier else estimator.staged_predict
    return [
        Curve(
            metric=metric,
            dataset=split.name,
            first_step=first_step,
            values=[float(measure(split.target, stage)) for stage in stages(split.inputs)][first_step - 1 :],
        )
        for split in _watched(splits)
    ]


def in_epochs(count: int) -> Learning:
    """Make a learning in passes over the data; its history is the loss after each."""

    def learn(estimator: Any, splits: Splits) -> list[Curve]:  # noqa: ANN401  # scikit-learn ships no types
        train = splits["train"]
        classes = sorted(set(train.target))
        first_step = getattr(estimator, "epochs_", 0) + 1
        losses: dict[str, list[float]] = {split.name: [] for split in _watched(splits)}
        for _ in range(count):
            estimator.partial_fit(train.inputs, train.target, classes=classes)
            for split in _watched(splits):
                losses[split.name].append(float(log_loss(split.target, estimator.predict_proba(split.inputs))))
        estimator.epochs_ = first_step + count - 1
        return [
            Curve(metric="log_loss", dataset=name, first_step=first_step, values=values)
            for name, values in losses.items()
        ]

    return learn


def _watched(splits: Splits) -> Iterator[Split]:
    yield from (splits["train"], splits["validation"])


def more_trees(count: int) -> Callable[[int, Any], Estimator]:
    """Make a start from a boosted ensemble that keeps its trees and goes on to `count` of them."""

    def start(_: int, before: Any) -> Estimator:  # noqa: ANN401  # scikit-learn ships no types
        grown: Estimator = copy.deepcopy(before).set_params(n_estimators=count, warm_start=True)
        return grown

    return start

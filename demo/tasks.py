"""The data: four sets that scikit-learn ships, each with a question, fixed splits and slices that mean something."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from pandas import DataFrame, Series
from sklearn import datasets
from sklearn.model_selection import train_test_split
from sklearn.utils import Bunch

SPLIT_SEED = 7
"""The rows of a split never change, so that versions of different runs of the demo can be compared."""

Rows: TypeAlias = NDArray[np.intp]
Slices: TypeAlias = Mapping[str, Callable[[DataFrame, Series], Series]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """Rows of a task's data. `digest` is the sha256 of their CSV, target included."""

    name: str
    inputs: DataFrame
    target: Series
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A data set and what is to be predicted from it. The headline metric decides which version is best."""

    model: str
    question: str
    dataset: str
    headline: str
    load: Callable[[], Bunch]
    slices: Slices

    @property
    def is_regression(self) -> bool:
        """Whether a number is predicted, not a class."""
        return self.headline == "r2"

    def splits(self) -> dict[str, Split]:
        """60 % to train on, 20 % to choose by, 20 % held out; classes keep their shares."""
        data = self.load()
        rows = np.arange(len(data.target))
        kept, holdout = self._divided(data.target, rows, 0.2)
        train, validation = self._divided(data.target, kept, 0.25)
        chosen = {"train": train, "validation": validation, "holdout": holdout}
        return {name: _split(name, data, rows) for name, rows in chosen.items()}

    def _divided(self, target: Series, rows: Rows, share: float) -> tuple[Rows, Rows]:
        classes = None if self.is_regression else target.iloc[rows]
        first, second = train_test_split(rows, test_size=share, random_state=SPLIT_SEED, stratify=classes)
        return first, second


def _split(name: str, data: Bunch, rows: Rows) -> Split:
    inputs, target = data.data.iloc[rows], data.target.iloc[rows]
    table = inputs.assign(target=target).to_csv(index=False).encode()
    return Split(name=name, inputs=inputs, target=target, digest=f"sha256:{hashlib.sha256(table).hexdigest()}")


def _digit(digit: int) -> Callable[[DataFrame, Series], Series]:
    return lambda _, target: target == digit


TASKS = (
    Task(
        model="demo.tumours",
        question="Is a tumour malignant or benign, by measurements of its cell nuclei?",
        dataset="breast cancer Wisconsin (diagnostic)",
        headline="accuracy",
        load=lambda: datasets.load_breast_cancer(as_frame=True),
        slices={
            "mean radius<12": lambda inputs, _: inputs["mean radius"] < 12,
            "mean radius 12-16": lambda inputs, _: inputs["mean radius"].between(12, 16),
            "mean radius>16": lambda inputs, _: inputs["mean radius"] > 16,
        },
    ),
    Task(
        model="demo.wine",
        question="Which of three cultivars is a wine made of, by its chemistry?",
        dataset="wine recognition",
        headline="accuracy",
        load=lambda: datasets.load_wine(as_frame=True),
        slices={
            "alcohol<13": lambda inputs, _: inputs["alcohol"] < 13,
            "alcohol>=13": lambda inputs, _: inputs["alcohol"] >= 13,
        },
    ),
    Task(
        model="demo.digits",
        question="Which digit was written by hand on 8 x 8 pixels?",
        dataset="optical recognition of handwritten digits",
        headline="accuracy",
        load=lambda: datasets.load_digits(as_frame=True),
        slices={f"digit={digit}": _digit(digit) for digit in range(10)},
    ),
    Task(
        model="demo.diabetes",
        question="How far has diabetes progressed after a year, by ten measurements at its start?",
        dataset="diabetes progression",
        headline="r2",
        load=lambda: datasets.load_diabetes(as_frame=True, scaled=False),
        slices={
            "age<50": lambda inputs, _: inputs["age"] < 50,
            "age>=50": lambda inputs, _: inputs["age"] >= 50,
            "bmi<25": lambda inputs, _: inputs["bmi"] < 25,
            "bmi>=25": lambda inputs, _: inputs["bmi"] >= 25,
        },
    ),
)

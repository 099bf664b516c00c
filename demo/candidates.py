"""The estimators that compete for each task."""

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sklearn.ensemble import GradientBoostingClassifier, GradientBoostingRegressor, RandomForestClassifier
from sklearn.linear_model import LogisticRegression, Ridge, SGDClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from demo.learning import Estimator, Learning, at_once, in_epochs, more_trees, tree_by_tree


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """An estimator to train. `start` makes it from a seed; one that `continues` also gets the candidate before it.

    The candidate that is continued becomes the parent of the version.
    """

    label: str
    family: str
    start: Callable[[int, Any], Estimator]
    continues: bool = False
    learn: Learning


def _continued(_: int, before: Any) -> Estimator:  # noqa: ANN401  # scikit-learn ships no types
    copied: Estimator = copy.deepcopy(before)
    return copied


CANDIDATES: Mapping[str, Sequence[Candidate]] = {
    "demo.tumours": (
        Candidate(
            label="tree of depth 1",
            family="tree",
            start=lambda seed, _: DecisionTreeClassifier(max_depth=1, random_state=seed),
            learn=at_once,
        ),
        Candidate(
            label="boosting, 20 trees",
            family="boosting",
            start=lambda seed, _: GradientBoostingClassifier(n_estimators=20, subsample=0.8, random_state=seed),
            learn=tree_by_tree,
        ),
        Candidate(
            label="boosting, 100 trees",
            family="boosting",
            start=more_trees(100),
            continues=True,
            learn=tree_by_tree,
        ),
        Candidate(
            label="logistic regression",
            family="linear",
            start=lambda seed, _: make_pipeline(StandardScaler(), LogisticRegression(C=0.5, random_state=seed)),
            learn=at_once,
        ),
    ),
    "demo.wine": (
        Candidate(
            label="tree of depth 2",
            family="tree",
            start=lambda seed, _: DecisionTreeClassifier(max_depth=2, random_state=seed),
            learn=at_once,
        ),
        Candidate(label="naive Bayes", family="bayes", start=lambda *_: GaussianNB(), learn=at_once),
        Candidate(
            label="logistic regression",
            family="linear",
            start=lambda seed, _: make_pipeline(StandardScaler(), LogisticRegression(random_state=seed)),
            learn=at_once,
        ),
    ),
    "demo.digits": (
        Candidate(
            label="linear, 5 epochs",
            family="linear",
            start=lambda seed, _: SGDClassifier(
                loss="log_loss", learning_rate="constant", eta0=1e-4, alpha=1e-3, random_state=seed
            ),
            learn=in_epochs(5),
        ),
        Candidate(label="linear, 30 epochs", family="linear", start=_continued, continues=True, learn=in_epochs(25)),
        Candidate(
            label="forest of 300 trees",
            family="forest",
            start=lambda seed, _: RandomForestClassifier(n_estimators=300, random_state=seed),
            learn=at_once,
        ),
        Candidate(
            label="support vectors",
            family="kernel",
            start=lambda seed, _: SVC(kernel="rbf", C=5.0, random_state=seed),
            learn=at_once,
        ),
    ),
    "demo.diabetes": (
        Candidate(
            label="tree of depth 2",
            family="tree",
            start=lambda seed, _: DecisionTreeRegressor(max_depth=2, random_state=seed),
            learn=at_once,
        ),
        Candidate(
            label="ridge regression",
            family="linear",
            start=lambda seed, _: make_pipeline(StandardScaler(), Ridge(alpha=1.0, random_state=seed)),
            learn=at_once,
        ),
        Candidate(
            label="boosting, 80 trees",
            family="boosting",
            start=lambda seed, _: GradientBoostingRegressor(
                n_estimators=80, max_depth=2, learning_rate=0.06, subsample=0.7, random_state=seed
            ),
            learn=tree_by_tree,
        ),
    ),
}
"""By model, in the order of their versions. The first of each is simple on purpose: a baseline to beat."""

import os
import pickle
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import GradientBoostingClassifier, RandomForestRegressor
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.tree import DecisionTreeClassifier

import modelyard
from modelyard.client.errors import DamagedFile, UnsupportedModel, UntrustedFormat


class Halved(TransformerMixin, BaseEstimator):  # type: ignore[misc] # scikit-learn has no types
    """A transformer of the caller's own, whose code a registry cannot know."""

    def fit(self, X: Any, y: Any = None) -> "Halved":  # noqa: N803 # scikit-learn's name
        return self

    def transform(self, X: Any) -> Any:  # noqa: N803 # scikit-learn's name
        return np.asarray(X) / 2


def customers() -> tuple[pd.DataFrame, pd.Series]:
    random = np.random.default_rng(7)
    frame = pd.DataFrame(
        {
            "age": random.integers(18, 80, 200),
            "income": random.normal(3, 1, 200),
            "plan": random.choice(list("ab"), 200),
        }
    )
    return frame, (frame["age"] + 10 * frame["income"] > 75).astype(int).rename("left")


def churn() -> Pipeline:
    columns = ColumnTransformer([("number", StandardScaler(), ["age", "income"]), ("word", OneHotEncoder(), ["plan"])])
    return Pipeline([("columns", columns), ("trees", GradientBoostingClassifier(n_estimators=8, random_state=1))])


def test_a_pipeline_comes_back_and_predicts_the_same(registry: modelyard.Registry, name: str) -> None:
    X, y = customers()  # noqa: N806 # scikit-learn's name
    model = churn().fit(X, y)
    pushed = registry.push(name, model, metrics={"auc": 0.93}, dataset="holdout", example=X.head())
    loaded: Any = registry.load(pushed.reference)
    assert type(loaded) is Pipeline
    assert np.array_equal(loaded.predict_proba(X), model.predict_proba(X))
    assert pushed.framework == {"name": "scikit-learn", "version": version("scikit-learn")}
    assert pushed.metrics == {"auc@holdout": 0.93}
    assert pushed.params["trees__n_estimators"] == 8
    assert pushed.signature == {
        "inputs": [
            {"name": "age", "dtype": "int64", "shape": [-1]},
            {"name": "income", "dtype": "float64", "shape": [-1]},
            {"name": "plan", "dtype": "str", "shape": [-1]},
        ],
        "outputs": [{"name": "prediction", "dtype": "int64", "shape": [-1]}],
    }


def test_a_regressor_on_arrays_comes_back(registry: modelyard.Registry, name: str) -> None:
    random = np.random.default_rng(3)
    rows, answers = random.normal(size=(60, 4)), random.normal(size=60)
    model = RandomForestRegressor(n_estimators=5, random_state=2).fit(rows, answers)
    pushed = registry.push(name, model, example=rows)
    loaded: Any = registry.load(f"{name}:latest")
    assert np.array_equal(loaded.predict(rows), model.predict(rows))
    assert pushed.signature is not None
    assert pushed.signature["inputs"] == [{"name": "input", "dtype": "float64", "shape": [-1, 4]}]


def test_a_class_of_the_callers_own_is_made_only_when_it_is_trusted_by_name(
    registry: modelyard.Registry, name: str
) -> None:
    rows = np.arange(20.0).reshape(10, 2)
    model = make_pipeline(Halved(), LogisticRegression()).fit(rows, rows[:, 0] > 9)
    registry.push(name, model)
    kind = f"{Halved.__module__}.Halved"
    with pytest.raises(UntrustedFormat, match="types that are not known to be safe") as refused:
        registry.load(f"{name}:1")
    assert kind in refused.value.message
    assert f"trust=['{kind}']" in refused.value.hint
    with pytest.raises(UntrustedFormat):
        registry.load(f"{name}:1", trust=["some.other.Type"])
    for trust in ([kind], "pickle"):
        loaded: Any = registry.load(f"{name}:1", trust=trust)
        assert np.array_equal(loaded.predict(rows), model.predict(rows))


def test_joblib_is_written_on_request_and_read_with_trust(registry: modelyard.Registry, name: str) -> None:
    rows = np.arange(20.0).reshape(10, 2)
    model = LogisticRegression().fit(rows, rows[:, 0] > 9)
    pushed = registry.push(name, model, format="joblib")
    assert "model.joblib" in {file.path for file in pushed.files}
    with pytest.raises(UntrustedFormat, match="reading it runs code"):
        registry.load(pushed.reference)
    loaded: Any = registry.load(pushed.reference, trust="pickle")
    assert np.array_equal(loaded.predict(rows), model.predict(rows))


def test_a_tree_whose_nodes_lead_out_of_it_is_refused(registry: modelyard.Registry, name: str) -> None:
    rows = np.arange(40.0).reshape(20, 2)
    model = DecisionTreeClassifier(random_state=0).fit(rows, rows[:, 0] > 19)
    model.tree_.children_left[0] = 1_000_000
    registry.push(name, model)
    with pytest.raises(DamagedFile, match="nodes lead nowhere"):
        registry.load(f"{name}:1")


class Trap:
    """Runs a function when it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[Any, tuple[Path]]:
        return Path.touch, (self.mark,)


@pytest.mark.parametrize("file_name", ["model.pkl", "model.pickle", "model.joblib", "model.pt", "model.skops"])
def test_a_pickle_under_any_name_runs_nothing(
    registry: modelyard.Registry, name: str, tmp_path: Path, file_name: str
) -> None:
    mark, path = tmp_path / "mark", tmp_path / file_name
    path.write_bytes(pickle.dumps(Trap(mark)))
    registry.push(name, path)
    with pytest.raises((UntrustedFormat, UnsupportedModel)):
        registry.load(f"{name}:1")
    assert not mark.exists()


def test_the_trap_works(tmp_path: Path) -> None:
    path, mark = tmp_path / "model.joblib", tmp_path / "mark"
    joblib.dump(Trap(mark), path)
    joblib.load(path)
    assert mark.exists()


def test_what_a_type_check_cannot_see_through_is_refused_before_it_is_made(
    registry: modelyard.Registry, name: str, tmp_path: Path
) -> None:
    """A partial of `os.system` among the parameters is found by its name."""
    model = LogisticRegression()
    model.trap = partial(os.system, f"touch {tmp_path / 'mark'}")
    try:
        registry.push(name, model)
    except UnsupportedModel:
        return
    with pytest.raises(UntrustedFormat, match=r"partial|system"):
        registry.load(f"{name}:1")
    assert not (tmp_path / "mark").exists()

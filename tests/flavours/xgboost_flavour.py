from typing import Any

import numpy as np
import pytest
import xgboost

import modelyard

ROWS = np.random.default_rng(1).normal(size=(200, 4))
ANSWERS = (ROWS[:, 0] + ROWS[:, 1] > 0).astype(int)


@pytest.mark.parametrize("form", ["ubj", "json"])
def test_a_booster_comes_back_and_predicts_the_same(registry: modelyard.Registry, name: str, form: str) -> None:
    data = xgboost.DMatrix(ROWS, label=ANSWERS)
    model = xgboost.train({"objective": "binary:logistic", "max_depth": 3}, data, num_boost_round=7)
    version = registry.push(name, model, format=form, example=ROWS)
    loaded: Any = registry.load(version.reference)
    assert type(loaded) is xgboost.Booster
    assert np.array_equal(loaded.predict(data), model.predict(data))
    assert version.framework == {"name": "xgboost", "version": xgboost.__version__}
    assert version.signature is not None
    assert version.signature["outputs"] == [{"name": "prediction", "dtype": "float32", "shape": [-1]}]


class Tuned(xgboost.XGBClassifier):  # type: ignore[misc] # it has no types
    """A class of the caller's own: it is kept as the class of XGBoost that it derives from."""


@pytest.mark.parametrize("kind", [xgboost.XGBClassifier, Tuned])
def test_a_classifier_comes_back_as_one(registry: modelyard.Registry, name: str, kind: Any) -> None:
    model = kind(n_estimators=5, max_depth=2).fit(ROWS, ANSWERS)
    version = registry.push(name, model, example=ROWS)
    loaded: Any = registry.load(version.reference)
    assert type(loaded) is xgboost.XGBClassifier
    assert np.array_equal(loaded.predict(ROWS), model.predict(ROWS))
    assert np.array_equal(loaded.predict_proba(ROWS), model.predict_proba(ROWS))
    assert version.params["n_estimators"] == 5
    assert version.params["missing"] == "nan"


def test_a_file_that_xgboost_wrote_is_known_by_its_ending(
    registry: modelyard.Registry, name: str, tmp_path: Any
) -> None:
    data = xgboost.DMatrix(ROWS, label=ANSWERS)
    model = xgboost.train({"max_depth": 2}, data, num_boost_round=3)
    model.save_model(tmp_path / "trees.ubj")
    loaded: Any = registry.load(registry.push(name, tmp_path / "trees.ubj").reference)
    assert np.array_equal(loaded.predict(data), model.predict(data))

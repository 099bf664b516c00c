from typing import Any

import lightgbm
import numpy as np

import modelyard
from modelyard.client.flavours.sealed import sealed_of

ROWS = np.random.default_rng(1).normal(size=(300, 4))
ANSWERS = (ROWS[:, 0] + ROWS[:, 1] > 0).astype(int)


def test_a_booster_comes_back_and_predicts_the_same(registry: modelyard.Registry, name: str) -> None:
    options = {"objective": "binary", "verbose": -1, "num_leaves": 7}
    model = lightgbm.train(options, lightgbm.Dataset(ROWS, ANSWERS), num_boost_round=6)
    version = registry.push(name, model, example=ROWS)
    loaded: Any = registry.load(version.reference)
    assert type(loaded) is lightgbm.Booster
    assert np.array_equal(loaded.predict(ROWS), model.predict(ROWS))
    assert version.framework == {"name": "lightgbm", "version": lightgbm.__version__}
    assert version.params["num_leaves"] == 7


def test_a_classifier_comes_back_as_its_booster_with_its_classes_noted(
    registry: modelyard.Registry, name: str, tmp_path: Any
) -> None:
    words = np.where(ANSWERS, "left", "stayed")
    model = lightgbm.LGBMClassifier(n_estimators=5, verbose=-1).fit(ROWS, words)
    version = registry.push(name, model, example=ROWS)
    loaded: Any = registry.load(version.reference)
    place = f"/models/{name}/versions/1/files/modelyard.json"
    sealed = sealed_of(registry.transport.request("GET", place).body)
    assert sealed.details == {"class": "LGBMClassifier", "classes": ["left", "stayed"]}
    probabilities = loaded.predict(ROWS)
    assert np.array_equal(probabilities, model.predict_proba(ROWS)[:, 1])
    assert np.array_equal(np.array(sealed.details["classes"])[(probabilities > 0.5).astype(int)], model.predict(ROWS))

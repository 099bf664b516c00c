from typing import Any

import keras
import numpy as np
import pytest

import modelyard
from modelyard.client.errors import UntrustedFormat

ROWS = np.random.default_rng(1).normal(size=(50, 3)).astype("float32")


def trained() -> Any:
    keras.utils.set_random_seed(3)
    model = keras.Sequential([keras.layers.Input((3,)), keras.layers.Dense(4, "relu"), keras.layers.Dense(1)])
    model.compile("adam", "mse")
    model.fit(ROWS, ROWS.sum(axis=1), epochs=1, verbose=0)
    return model


def test_a_model_comes_back_and_predicts_the_same(registry: modelyard.Registry, name: str) -> None:
    model = trained()
    version = registry.push(name, model, example=ROWS)
    loaded: Any = registry.load(version.reference)
    assert np.array_equal(loaded.predict(ROWS, verbose=0), model.predict(ROWS, verbose=0))
    assert version.framework == {"name": "keras", "version": keras.__version__}
    assert version.signature is not None
    assert version.signature["outputs"] == [{"name": "prediction", "dtype": "float32", "shape": [-1, 1]}]


def test_its_weights_come_back_into_a_model_of_the_callers_own(registry: modelyard.Registry, name: str) -> None:
    model = trained()
    registry.push(name, model)
    other = trained()
    other.set_weights([weights * 0 for weights in other.get_weights()])
    loaded: Any = registry.load(f"{name}:1", into=other)
    assert loaded is other
    assert np.array_equal(loaded.predict(ROWS, verbose=0), model.predict(ROWS, verbose=0))


def test_a_function_inside_is_made_only_with_trust(registry: modelyard.Registry, name: str) -> None:
    model = keras.Sequential([keras.layers.Input((3,)), keras.layers.Lambda(lambda rows: rows * 2)])
    registry.push(name, model)
    with pytest.raises(UntrustedFormat, match="functions"):
        registry.load(f"{name}:1")
    loaded: Any = registry.load(f"{name}:1", trust="pickle")
    assert np.array_equal(loaded.predict(ROWS, verbose=0), ROWS * 2)

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

import modelyard

ROWS = np.linspace(-1, 1, 12, dtype=np.float32).reshape(4, 3)
WEIGHTS = np.array([[1.0], [2.0], [-3.0]], dtype=np.float32)
SIGNATURE = {
    "inputs": [{"name": "rows", "dtype": "float32", "shape": [-1, 3]}],
    "outputs": [{"name": "score", "dtype": "float32", "shape": [-1, 1]}],
}


def linear() -> Any:
    """score = rows x weights."""
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["rows", "weights"], ["score"])],
        "linear",
        [helper.make_tensor_value_info("rows", TensorProto.FLOAT, ["n", 3])],
        [helper.make_tensor_value_info("score", TensorProto.FLOAT, ["n", 1])],
        [numpy_helper.from_array(WEIGHTS, "weights")],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)


def answers_of(model: Any) -> Any:
    return onnxruntime.InferenceSession(model.SerializeToString()).run(None, {"rows": ROWS})[0]


@pytest.mark.parametrize("form", ["object", "file", "folder with weights beside it"])
def test_a_graph_comes_back_as_a_session_and_predicts_the_same(
    registry: modelyard.Registry, name: str, tmp_path: Path, form: str
) -> None:
    model: Any = linear()
    given: Any = model
    if form != "object":
        given = tmp_path / "linear.onnx"
        is_apart = form != "file"
        onnx.save_model(linear(), given, save_as_external_data=is_apart, location="weights.bin", size_threshold=0)
        given = tmp_path if is_apart else given
    version = registry.push(name, given)
    session: Any = registry.load(version.reference)
    assert np.array_equal(session.run(None, {"rows": ROWS})[0], answers_of(model))
    assert version.signature == SIGNATURE
    assert version.framework is not None
    assert version.framework["name"] == "onnx"

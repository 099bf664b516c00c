from typing import Any

import numpy as np
import pandas as pd
import pytest

from modelyard.client.errors import CannotPush
from modelyard.client.flavours.signature import features_of, first_rows


def told(example: Any) -> list[tuple[str, str, list[int]]]:
    return [(one.name, one.dtype, list(one.shape)) for one in features_of(example)]


class PolarsLike:
    """A table as polars has it: `columns` and `dtypes` are lists, and `head` gives the first rows."""

    columns = ("a", "b")
    dtypes = ("Int64", "String")


@pytest.mark.parametrize(
    ("example", "expected"),
    [
        (pd.DataFrame({"a": [1], "b": ["x"]}), [("a", "int64", [-1]), ("b", "str", [-1])]),
        (pd.Series([1.0], name="a"), [("a", "float64", [-1])]),
        (PolarsLike(), [("a", "Int64", [-1]), ("b", "String", [-1])]),
        (np.zeros((5, 3, 2), np.float32), [("input", "float32", [-1, 3, 2])]),
        (np.float64(1), [("input", "float64", [])]),
        ({"ids": np.zeros((2, 8), np.int64), "mask": [1, 0]}, [("ids", "int64", [-1, 8]), ("mask", "int64", [-1])]),
        ([{"age": 1, "name": "x"}], [("age", "int64", [-1]), ("name", "str", [-1])]),
        ([[1.0, 2.0], [3.0, 4.0]], [("input", "float64", [-1, 2])]),
        (["text"], [("input", "str", [-1])]),
        (True, [("input", "bool", [])]),
    ],
)
def test_names_types_and_shapes_are_read_from_rows(example: Any, expected: list[tuple[str, str, list[int]]]) -> None:
    assert told(example) == expected


@pytest.mark.parametrize("example", [[], [[]], object(), {"a": object()}])
def test_what_tells_no_inputs_is_refused(example: object) -> None:
    with pytest.raises(CannotPush):
        features_of(example)


def test_only_the_first_rows_are_tried() -> None:
    assert len(first_rows(pd.DataFrame({"a": range(50)}))) == 10
    assert first_rows({"a": list(range(50))}, 2) == {"a": [0, 1]}
    assert first_rows(np.zeros((50, 2))).shape == (10, 2)

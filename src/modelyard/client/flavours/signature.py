"""What a model takes and gives: names, types and shapes, read from examples without keeping any of their values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from modelyard.client.answers import Document
from modelyard.client.failures import CannotPush

_LONGEST_NAME: Final = 250
_LONGEST_DTYPE: Final = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Feature:
    """One input or output. In `shape`, -1 stands for any size; a column of a table has `(-1,)`, a scalar `()`."""

    name: str
    dtype: str
    shape: Sequence[int] = ()

    @property
    def document(self) -> Document:
        """As the API takes it."""
        return {
            "name": self.name[:_LONGEST_NAME],
            "dtype": self.dtype[:_LONGEST_DTYPE],
            "shape": [int(size) for size in self.shape],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """Inputs and outputs, each in the model's order."""

    inputs: Sequence[Feature] = ()
    outputs: Sequence[Feature] = ()

    @property
    def document(self) -> Document:
        """As the API takes it."""
        return {
            "inputs": [feature.document for feature in self.inputs],
            "outputs": [feature.document for feature in self.outputs],
        }


def features_of(example: Any, name: str = "input") -> list[Feature]:
    """The features of rows: a pandas or polars table, a NumPy array or a tensor, a mapping, a list of rows or values.

    The first dimension of arrays and columns is that of rows, so it stands as -1.

    Args:
        example: One or more rows.
        name: What an input without a name of its own is called.

    Raises:
        CannotPush: it is none of these.
    """
    if isinstance(example, Mapping):
        return [feature for key, value in example.items() for feature in features_of(value, str(key))]
    columns, dtype = getattr(example, "columns", None), getattr(example, "dtype", None)
    if columns is not None and hasattr(example, "dtypes"):
        kinds = zip(columns, example.dtypes, strict=True)
        return [Feature(name=str(column), dtype=str(kind), shape=(-1,)) for column, kind in kinds]
    if dtype is not None:
        return [_array_feature(example, dtype, name)]
    if isinstance(example, list | tuple):
        return _row_features(example, name)
    if isinstance(example, bool | int | float | str | bytes):
        return [Feature(name=name, dtype=_kind_of(example))]
    raise CannotPush(
        f"an example of type {type(example).__qualname__} tells no inputs",
        hint="Give rows as a pandas or polars table, a NumPy array, a tensor, a dict of columns, or a list.",
    )


def first_rows(example: Any, count: int = 10) -> Any:
    """At most so many rows of an example, of the same kind; a mapping is cut column by column."""
    if isinstance(example, Mapping):
        return {key: first_rows(value, count) for key, value in example.items()}
    if hasattr(example, "head"):
        return example.head(count)
    if isinstance(example, list | tuple) or (hasattr(example, "shape") and len(example.shape) > 0):
        return example[:count]
    return example


def _array_feature(example: Any, dtype: object, name: str) -> Feature:
    """An array, a tensor, or a single column, whose own name counts."""
    own = getattr(example, "name", None)
    shape = tuple(example.shape)
    return Feature(
        name=own if isinstance(own, str) and own else name,
        dtype=str(dtype).removeprefix("torch."),
        shape=(-1, *shape[1:]) if shape else (),
    )


def _row_features(rows: Sequence[object], name: str) -> list[Feature]:
    first = rows[0] if rows else None
    if isinstance(first, Mapping):
        return [
            Feature(name=feature.name, dtype=feature.dtype, shape=(-1, *feature.shape))
            for feature in features_of(first, name)
        ]
    shape, inner = [-1], first
    while isinstance(inner, list | tuple):
        shape.append(len(inner))
        inner = inner[0] if inner else None
    if inner is None:
        raise CannotPush("an empty example tells no inputs", hint="Give at least one row.")
    [feature] = features_of(inner, name)
    return [Feature(name=feature.name, dtype=feature.dtype, shape=(*shape, *feature.shape))]


def _kind_of(value: float | str | bytes) -> str:
    for kind, name in ((bool, "bool"), (int, "int64"), (float, "float64"), (str, "str")):
        if isinstance(value, kind):
            return name
    return "bytes"

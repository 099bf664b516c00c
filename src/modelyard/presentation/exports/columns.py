"""The columns of a list: one for each field of its items, and those that a caller adds."""

import csv
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto
from operator import attrgetter
from types import NoneType
from typing import Annotated, Any, get_args, get_origin

from pydantic import BaseModel

from modelyard.domain.errors import FieldError, InvalidInput

MAX_ADDED = 100
MAX_COLUMNS_TEXT = 10_000


class Kind(Enum):
    """What stands in the cells of a column, besides nothing."""

    TEXT = auto()
    INTEGER = auto()
    NUMBER = auto()
    MOMENT = auto()
    TEXTS = auto()
    INTEGERS = auto()
    TEXT_MAP = auto()
    NUMBER_MAP = auto()
    JSON = auto()
    SCALAR = auto()
    """Any JSON, where text is most likely or a number: text is written as it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column, and how its cell is found in an item."""

    name: str
    kind: Kind
    read: Callable[[Any], Any]


def columns_of(schema: type[BaseModel], added: str = "") -> list[Column]:
    """A column for each field of the items, in their order, then those that the caller adds.

    `added` is one line of CSV with names such as `metric.auc@holdout`, `tag.team`, `param.max_depth`, `meta.a.b`: it
    opens what would stand as a document in a cell. An item without such an entry has nothing in the column.

    Raises:
        InvalidInput: a name of no such kind, one given twice, or more than 100.
    """
    columns = [
        Column(name=name, kind=_kind_of(field.annotation), read=attrgetter(name))
        for name, field in schema.model_fields.items()
    ]
    names = _names_in(added)
    for index, name in enumerate(names):
        if name in names[:index]:
            raise _refusal(f"names {name[:100]!r} twice")
        columns.append(_added(schema, name))
    return columns


def _names_in(added: str) -> list[str]:
    if not added:
        return []
    try:
        [names] = csv.reader([added], strict=True)
    except (csv.Error, ValueError) as error:
        raise _refusal("is no line of CSV") from error
    if len(names) > MAX_ADDED:
        raise _refusal(f"must name at most {MAX_ADDED} columns, not {len(names)}")
    return names


_OPENED = {
    "tag": ("tags", Kind.TEXT),
    "metric": ("metrics", Kind.NUMBER),
    "param": ("params", Kind.SCALAR),
    "meta": ("metadata", Kind.SCALAR),
}


def _added(schema: type[BaseModel], name: str) -> Column:
    prefix, _, key = name.partition(".")
    field, kind = _OPENED.get(prefix, ("", Kind.TEXT))
    if field not in schema.model_fields or not key:
        known = [f"{prefix}.…" for prefix, (field, _) in _OPENED.items() if field in schema.model_fields]
        raise _refusal(f"names {name[:100]!r}; what can be added here is {', '.join(known)}")
    path = key.split(".") if prefix == "meta" else [key]
    return Column(name=name, kind=kind, read=lambda item: _value_at(getattr(item, field), path))


def _value_at(document: object, path: Sequence[str]) -> object:
    for key in path:
        if not isinstance(document, Mapping):
            return None
        document = document.get(key)
    return document


def _refusal(message: str) -> InvalidInput:
    hint = "Separate names by commas: metric.auc@holdout,tag.team; put one that holds a comma in double quotes."
    return InvalidInput(f"columns {message}", hint=hint, errors=[FieldError(pointer="columns", message=message)])


_KINDS = {str: Kind.TEXT, int: Kind.INTEGER, float: Kind.NUMBER, datetime: Kind.MOMENT}
_LISTS = {Kind.TEXT: Kind.TEXTS, Kind.INTEGER: Kind.INTEGERS}
_MAPS = {Kind.TEXT: Kind.TEXT_MAP, Kind.NUMBER: Kind.NUMBER_MAP}


def _kind_of(annotation: Any) -> Kind:  # noqa: ANN401 - annotations have no type of their own
    if isinstance(annotation, type) and get_origin(annotation) is None:
        return next((kind for base, kind in _KINDS.items() if issubclass(annotation, base)), Kind.JSON)
    origin, arguments = get_origin(annotation), [part for part in get_args(annotation) if part is not NoneType]
    if origin is Annotated or (origin not in {list, dict} and len(arguments) == 1):
        return _kind_of(arguments[0])
    if origin is list:
        return _LISTS.get(_kind_of(arguments[0]), Kind.JSON)
    return _MAPS.get(_kind_of(arguments[1]), Kind.JSON) if origin is dict else Kind.JSON

"""Holding documents against schemas, and saying in the registry's words what does not fit."""

import difflib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, TypeVar, get_args, get_origin

from pydantic import BaseModel, ValidationError

from modelyard.domain.errors import FieldError, InvalidInput
from modelyard.domain.json_value import JsonValue

MAX_FAULTS = 20

Schema = TypeVar("Schema", bound=BaseModel)


def validated(schema: type[Schema], document: JsonValue) -> Schema:
    """The document as an instance of its schema.

    Raises:
        InvalidInput: it does not fit; up to 20 faults are named, each with its JSON pointer, and an unknown field also
            with the nearest one that there is.
    """
    try:
        return schema.model_validate(document)
    except ValidationError as error:
        faults = error.errors(include_url=False, include_context=False, include_input=False)
        raise _refusal(_fault_in(schema, fault["type"], fault["loc"], fault["msg"]) for fault in faults) from error


def invalid_parameters(faults: Iterable[Mapping[str, Any]]) -> InvalidInput:
    """What FastAPI refused of the parameters in path and query, each under its name."""
    return _refusal(
        FieldError(pointer=".".join(str(part) for part in fault["loc"][1:]), message=_sentence(fault["msg"]))
        for fault in faults
    )


def nearest(name: str, known: Sequence[str], otherwise: str) -> str:
    """A hint to someone who wrote a name that there is not: the one they may have meant, or all."""
    meant = difflib.get_close_matches(name, known, n=1) or [word for word in known if name and name in word]
    if meant:
        return f"Did you mean {meant[0]!r}?"
    return f"It takes {', '.join(known) or otherwise}."


def _refusal(faults: Iterable[FieldError]) -> InvalidInput:
    told = list(islice(faults, MAX_FAULTS))
    return InvalidInput(f"{told[0].pointer or 'the body'}: {told[0].message}", errors=told)


def _fault_in(schema: type[BaseModel], kind: str, location: Sequence[str | int], message: str) -> FieldError:
    pointer = "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in location)
    if kind == "extra_forbidden":
        fields = list(_object_at(schema, location[:-1]).model_fields)
        return FieldError(pointer=pointer, message=f"is no field here. {nearest(str(location[-1]), fields, 'none')}")
    return FieldError(pointer=pointer, message=_sentence(message))


def _object_at(schema: type[BaseModel], location: Iterable[str | int]) -> type[BaseModel]:
    """The schema of the object at a place in a document of this schema."""
    annotation: Any = schema
    for part in location:
        annotation = _below(annotation, part)
    return next(_objects_in(annotation))


def _below(annotation: Any, part: str | int) -> Any:  # noqa: ANN401 - annotations have no type of their own
    """The annotation of a field, of an item of a list, or of a value under a key."""
    origin = get_origin(annotation)
    if origin is None:
        return annotation.model_fields[part].annotation
    if origin in {list, dict}:
        return get_args(annotation)[-1]
    return _below(next(argument for argument in get_args(annotation) if any(_objects_in(argument))), part)


def _objects_in(annotation: Any) -> Iterator[type[BaseModel]]:  # noqa: ANN401 - annotations have no type of their own
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _objects_in(argument)


def _sentence(message: str) -> str:
    message = message.removeprefix("Value error, ")  # Pydantic's, before what our own validators say
    return message[:1].lower() + message[1:]

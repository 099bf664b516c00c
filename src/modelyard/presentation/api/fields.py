"""Field types that several schemas share.

What a type checks here are shapes. The rules of names, paths and sizes are the domain's; they stand in the schemas
(`json_schema_extra`) for those who read them, and no second time in the code.
"""

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer

from modelyard.domain.event import rfc3339
from modelyard.domain.json_value import MAX_INTEGER
from modelyard.domain.model_version import MAX_PARAMS
from modelyard.domain.names import MAX_KEY, MAX_MODEL_NAME, MAX_TAG_VALUE, MAX_TAGS
from modelyard.domain.registered_model import MAX_DESCRIPTION

JSON_VALUE: dict[str, Any] = {
    "description": "JSON as every client reads it back (I-JSON, RFC 7493): no NUL, no lone surrogates, depth up to 64",
    "anyOf": [
        {"type": "null"},
        {"type": "boolean"},
        {"type": "integer", "minimum": -MAX_INTEGER, "maximum": MAX_INTEGER},
        {"type": "number", "description": "With a fraction or an exponent: any finite one"},
        {"type": "string"},
        {"type": "array", "items": {"$ref": "#/components/schemas/JsonValue"}},
        {"type": "object", "additionalProperties": {"$ref": "#/components/schemas/JsonValue"}},
    ],
}
"""The schema `JsonValue`, which refers to itself."""

JSON = {"x-schema": "JsonValue"}
"""A reference that Pydantic, which does not know the schema, leaves alone."""
_KEY = {"type": "string", "format": "key", "minLength": 1, "maxLength": MAX_KEY}
_TAG = {"type": "string", "maxLength": MAX_TAG_VALUE}
_MODEL_NAME = {
    "format": "model-name",
    "pattern": r"^[^/\\:@?#%\x00-\x20\x7f]([^/\\:@?#%\x00-\x1f\x7f]*[^/\\:@?#%\x00-\x20\x7f])?$",
}


def _whole(value: object) -> object:
    """In JSON 4 and 4.0 are one number, which Pydantic tells apart where it is strict."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


WHOLE = BeforeValidator(_whole)
Moment = Annotated[
    datetime,
    PlainSerializer(rfc3339, return_type=str, when_used="json"),
    Field(examples=["2026-01-31T12:00:00.000Z"]),
]
"""UTC with milliseconds."""

ModelName = Annotated[str, Field(min_length=1, max_length=200, examples=["churn"], json_schema_extra=_MODEL_NAME)]
DigestText = Annotated[
    str, Field(pattern=r"^sha256:[0-9a-f]{64}$", examples=["sha256:" + "2c26b46b68ffc68ff99b453c1d304134" * 2])
]
SizeBytes = Annotated[int, Field(ge=0, le=MAX_INTEGER, examples=[48213]), WHOLE]
Description = Annotated[str, Field(max_length=MAX_DESCRIPTION, examples=["Who will leave next month"])]
VersionNumber = Annotated[int, Field(ge=1, le=999_999_999, examples=[4]), WHOLE]
Actor = Annotated[str, Field(description="Who did it", examples=["ana"])]
Reason = Annotated[str, Field(max_length=5_000, examples=["better recall on small accounts"])]
"""Why somebody does it, as it will stand in the history."""

Revision = Annotated[int, Field(description="Grows with each change", examples=[1])]
Tags = Annotated[
    dict[str, str],
    Field(
        examples=[{"team": "risk"}],
        json_schema_extra={"maxProperties": MAX_TAGS, "propertyNames": _KEY, "additionalProperties": _TAG},
    ),
]
TagPatch = Annotated[
    dict[str, str | None],
    Field(
        examples=[{"team": "risk", "obsolete": None}],
        json_schema_extra={
            "maxProperties": MAX_TAGS,
            "propertyNames": _KEY,
            "additionalProperties": {"anyOf": [_TAG, {"type": "null"}]},
        },
    ),
]
AccountName = Annotated[
    str,
    Field(
        min_length=1,
        max_length=MAX_KEY,
        description="One visible line without `/`, `:` and `*`",
        examples=["ana"],
        json_schema_extra={"format": "account-name"},
    ),
]
ModelPattern = Annotated[
    str,
    Field(
        min_length=1,
        max_length=MAX_MODEL_NAME,
        description="A model's name, or a glob of names: `*` stands for any characters",
        examples=["fraud.*"],
        json_schema_extra={"format": "model-pattern"},
    ),
]
Params = Annotated[
    dict[str, Any],
    Field(
        examples=[{"max_depth": 8, "criterion": "gini"}],
        json_schema_extra={"maxProperties": MAX_PARAMS, "propertyNames": _KEY, "additionalProperties": JSON},
    ),
]
Metadata = Annotated[
    dict[str, Any],
    Field(examples=[{"training": {"rows": 569}}], json_schema_extra={"additionalProperties": JSON}),
]
NextCursor = Annotated[
    str | None, Field(description="For `cursor`, to get the next page; null on the last one", examples=["bGFzdA"])
]
Total = Annotated[
    int | None, Field(description="With `count=true`: how many there are, up to 10,000; otherwise null", examples=[1])
]


class Input(BaseModel):
    """A body from outside: unknown fields are refused, and nothing is converted silently."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Output(BaseModel):
    """A document from the registry."""

    model_config = ConfigDict(from_attributes=True)


class HighlightRead(Output):
    """A piece of a text in which words of the query were found."""

    field: str = Field(examples=["description"])
    snippet: str = Field(description="Plain text: escape it like any other", examples=["Who will leave next month"])
    ranges: list[tuple[int, int]] = Field(
        description="Begin and end of each find, in characters of the snippet", examples=[[[9, 14]]]
    )


Highlights = Annotated[
    list[list[HighlightRead]] | None,
    Field(
        description="With `highlight=true`: of each item, in the order of the items",
        exclude_if=lambda held: held is None,
    ),
]

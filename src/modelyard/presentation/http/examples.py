"""An example for each schema, put together from those of its fields."""

from collections.abc import Mapping
from typing import Any

Schema = Mapping[str, Any]

_PLAIN = {"string": "…", "integer": 1, "number": 0.5, "boolean": True, "null": None, "object": {}}


def example_of(schema: Schema, schemas: Mapping[str, Schema]) -> Any:  # noqa: ANN401 - any JSON
    """What a document of this schema may look like: fields without an example of their own show their default.

    `schemas` are the components that references point to.
    """
    for word in ("examples", "enum"):
        if word in schema:
            return schema[word][0]
    if "$ref" in schema:
        return example_of(schemas[schema["$ref"].rpartition("/")[2]], schemas)
    if "properties" in schema:
        return {name: example_of(field, schemas) for name, field in schema["properties"].items()}
    if "anyOf" in schema:
        return example_of(schema["anyOf"][0], schemas)
    if schema.get("type") == "array":
        return [example_of(schema["items"], schemas)]
    return schema.get("default", _PLAIN.get(schema.get("type", "object")))

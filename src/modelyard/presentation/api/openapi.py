"""The OpenAPI document: what FastAPI derives, with the schemas, headers and examples that it cannot see."""

from collections.abc import Iterator, Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from modelyard.presentation.api.fields import JSON_VALUE
from modelyard.presentation.api.versions.schemas import VersionCreate, VersionDescription
from modelyard.presentation.http.documentation import Problem, header
from modelyard.presentation.http.examples import example_of

REQUEST_ID = {"X-Request-Id": header("Names this request in the server's log", "b1946ac92492d234-7")}
TAGS = {
    "models": "Models: the names under which versions are registered",
    "versions": "Versions of models: registering, finding, describing and deleting them",
    "files": "The way out for the files of versions",
    "uploads": "The way in for files",
    "lifecycle": "Promoting, demoting, archiving and rolling back versions",
    "aliases": "Names that point to versions and can be moved",
    "metrics": "Measurements of versions",
    "history": "What happened, when, and by whom",
    "operations": "The server itself",
}
_BY_HAND = (Problem, VersionCreate, VersionDescription)
"""Schemas of bodies that FastAPI does not read itself."""


def document_of(app: FastAPI) -> dict[str, Any]:
    """The document of an application, made once."""
    if app.openapi_schema is None:
        document = get_openapi(
            title=app.title,
            version=app.version,
            summary=app.summary,
            routes=app.routes,
            tags=[{"name": name, "description": description} for name, description in TAGS.items()],
        )
        _add_schemas(document["components"]["schemas"])
        for operation in _operations_of(document):
            _complete(operation, document["components"]["schemas"])
        app.openapi_schema = document
    return app.openapi_schema


def _operations_of(document: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for operations in document["paths"].values():
        yield from operations.values()


def _add_schemas(schemas: dict[str, Any]) -> None:
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    for schema in _BY_HAND:
        definition = schema.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas.update(definition.pop("$defs", {}))
        schemas[schema.__name__] = definition
    schemas["JsonValue"] = JSON_VALUE
    _link(schemas)


def _link(node: Any) -> None:  # noqa: ANN401 - any JSON
    """Turn each `x-schema` into a reference."""
    if isinstance(node, dict):
        if "x-schema" in node:
            node["$ref"] = f"#/components/schemas/{node.pop('x-schema')}"
        node = list(node.values())
    if isinstance(node, list):
        for item in node:
            _link(item)


def _complete(operation: dict[str, Any], schemas: Mapping[str, Any]) -> None:
    for parameter in operation.get("parameters", ()):
        parameter["schema"] = _without_null(parameter["schema"])
    for answer in operation["responses"].values():
        answer["headers"] = REQUEST_ID | answer.get("headers", {})
    for body in (operation.get("requestBody", {}), *operation["responses"].values()):
        media = body.get("content", {}).get("application/json", {})
        if "schema" in media:
            media["example"] = example_of(media["schema"], schemas)


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    """A parameter may be left out, but an address has no way to say `null`."""
    if {"type": "null"} not in schema.get("anyOf", ()):
        return schema
    said: dict[str, Any]
    [said] = [choice for choice in schema["anyOf"] if choice != {"type": "null"}]
    return said | {word: value for word, value in schema.items() if word != "anyOf"}

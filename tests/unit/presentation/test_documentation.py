from typing import Any

import pytest

from modelyard.domain import errors
from modelyard.domain.errors import RegistryError
from modelyard.domain.permission import Permission
from modelyard.presentation.http.documentation import ACTOR, documented, header
from modelyard.presentation.http.error_map import STATUS
from modelyard.presentation.http.examples import example_of

SCHEMAS: dict[str, Any] = {
    "Colour": {"enum": ["red", "blue"], "type": "string"},
    "Tree": {
        "type": "object",
        "properties": {
            "name": {"type": "string", "examples": ["oak"]},
            "colour": {"$ref": "#/components/schemas/Colour"},
            "leaves": {"type": "array", "items": {"type": "integer"}},
        },
    },
}


@pytest.mark.parametrize(
    ("schema", "example"),
    [
        ({"$ref": "#/components/schemas/Tree"}, {"name": "oak", "colour": "red", "leaves": [1]}),
        ({"$ref": "#/components/schemas/Colour", "examples": ["blue"]}, "blue"),
        ({"anyOf": [{"$ref": "#/components/schemas/Colour"}, {"type": "null"}]}, "red"),
        ({"type": "integer", "default": 50}, 50),
        ({"type": "boolean"}, True),
        ({"type": "object"}, {}),
        ({}, {}),
    ],
)
def test_an_example_is_put_together_from_those_of_the_fields(schema: dict[str, Any], example: object) -> None:
    assert example_of(schema, SCHEMAS) == example


def test_a_route_says_its_permission_its_errors_and_its_headers() -> None:
    told = documented(
        Permission.MODELS_READ,
        errors=(errors.ModelNotFound, errors.VersionNotFound, errors.ModelNotFound, errors.StorageUnavailable),
        answers={200: {"headers": {"ETag": header("state", '"1"')}}},
        parameters=[ACTOR],
        body={"required": True},
    )
    assert told["openapi_extra"]["x-permission"] == "models:read"
    assert told["openapi_extra"]["parameters"] == [ACTOR]
    assert told["openapi_extra"]["requestBody"] == {"required": True}
    assert list(told["responses"]) == [200, 401, 403, 404, 503]
    not_found = told["responses"][404]
    assert not_found["description"] == "There is no such model; There is no such version"
    [media] = not_found["content"].values()
    assert list(media["examples"]) == ["model-not-found", "version-not-found"]
    assert told["responses"][503]["headers"]["Retry-After"]["required"]


@pytest.mark.parametrize("kind", STATUS)
def test_the_example_of_an_error_looks_like_the_error(kind: type[RegistryError]) -> None:
    [answer] = documented(Permission.OPERATE, errors=[kind])["responses"].values()
    [example] = answer["content"]["application/problem+json"]["examples"].values()
    assert example["value"]["type"] == f"urn:modelyard:error:{kind.code}"
    assert example["value"]["status"] == STATUS[kind]
    assert example["value"].get("hint", "") == kind.default_hint

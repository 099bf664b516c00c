"""What a condition can see of a version."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from modelyard.domain.event import rfc3339
from modelyard.domain.gates.expression import Named, Value
from modelyard.domain.json_value import JsonObject, JsonValue, plain_json
from modelyard.domain.model_version import ModelVersion


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """A version, its latest metrics by `name@dataset/slice`, and how many have approved its step."""

    version: ModelVersion
    metrics: Mapping[str, float]
    approvals: int = 0

    def value(self, field: Named) -> Value | None:
        """The value of a field; None where it is not there, or is no single value.

        Numbers are as people write them: the shortest text that gives the float again.
        """
        held = self._held(field)
        if isinstance(held, bool | str | datetime):
            return held
        return Decimal(repr(held)) if isinstance(held, int | float) else None

    def text(self, field: Named) -> str:
        """The value as the version shows it, which is what `field:value` asks for."""
        held = self._held(field)
        if isinstance(held, str):
            return held
        return rfc3339(held) if isinstance(held, datetime) else plain_json(held)

    def _held(self, field: Named) -> "JsonValue | datetime":
        version, key = self.version, field.key
        match field.spec.name:
            case "metric":
                return self.metrics.get(key)
            case "tag":
                return version.tags.get(key)
            case "param":
                return version.params.get(key)
            case "meta":
                return _found(version.metadata, key)
            case "lineage":
                return _found(version.lineage or {}, key)
            case "files":
                return _of_files(version, key)
            case "approvals":
                return self.approvals
            case name:
                return _PLAIN[name](version)


_PLAIN: Mapping[str, Callable[[ModelVersion], "JsonValue | datetime"]] = {
    "card": lambda version: version.card,
    "description": lambda version: version.description,
    "framework": lambda version: (version.framework or {}).get("name"),
    "owner": lambda version: version.created_by,
    "stage": lambda version: version.stage.value,
    "digest": lambda version: version.digest,
    "number": lambda version: version.number,
    "size": lambda version: version.size_bytes,
    "created": lambda version: version.created_at,
    "updated": lambda version: version.updated_at,
}


def _of_files(version: ModelVersion, key: str) -> JsonValue:
    match key:
        case "count":
            return version.file_count
        case "size_bytes":
            return version.size_bytes
        case path:
            return next((file["size_bytes"] for file in version.files if file["path"] == path), None)


def _found(document: JsonObject, path: str) -> JsonValue:
    """By a key that is there as a whole, dots and all; else by its parts, from one object into the next."""
    if path in document:
        return document[path]
    key, dot, rest = path.partition(".")
    while dot:
        inner = document.get(key)
        if isinstance(inner, Mapping) and (value := _found(inner, rest)) is not None:
            return value
        more, dot, rest = rest.partition(".")
        key = f"{key}.{more}"
    return None

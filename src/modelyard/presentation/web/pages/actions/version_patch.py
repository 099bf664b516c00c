"""What the form of a version changes of it."""

import json
from collections.abc import Mapping

from modelyard.application.surveys.inspecting import VersionState
from modelyard.domain.errors import FieldError, InvalidInput, RegistryError
from modelyard.domain.json_value import JsonObject, JsonValue
from modelyard.domain.model_version import VersionPatch
from modelyard.presentation.api.versions.schemas import VersionUpdate
from modelyard.presentation.http.strict_json import parse_json
from modelyard.presentation.http.validation import validated
from modelyard.presentation.web.pages.actions.tag_lines import tag_patch, tags_in


def patch_of(form: Mapping[str, str], state: VersionState) -> VersionPatch:
    """What the form changes of a version.

    Raises:
        InvalidInput: a field.
    """
    version = state.version
    after = _metadata_in(form.get("metadata", ""))
    document: dict[str, JsonValue] = {
        "description": form.get("description", ""),
        "tags": tag_patch(version.tags, tags_in(form.get("tags", ""))),
        "metadata": merge_patch(version.metadata, after),
        "card": form.get("card", ""),
    }
    return validated(VersionUpdate, document).patch()


def merge_patch(before: JsonObject, after: JsonObject) -> JsonObject:
    """What makes of one object the other (RFC 7396): what is missing afterwards is null."""
    patch: dict[str, JsonValue] = dict.fromkeys(before.keys() - after.keys())
    for key, value in after.items():
        held = before.get(key)
        if isinstance(value, Mapping) and isinstance(held, Mapping):
            inner = merge_patch(held, value)
            if inner:
                patch[key] = inner
        elif json.dumps(held) != json.dumps(value) or key not in before:
            patch[key] = value
    return patch


def _metadata_in(text: str) -> JsonObject:
    if not text.strip():
        return {}
    try:
        document = parse_json(text.encode())
    except RegistryError as error:
        raise _refused(error.message) from error
    if not isinstance(document, Mapping):
        raise _refused("must be an object: {…}")
    return document


def _refused(message: str) -> InvalidInput:
    return InvalidInput(f"metadata: {message}", errors=[FieldError(pointer="/metadata", message=message)])

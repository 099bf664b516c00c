"""What forms say of the scopes and the models that tokens are narrowed down to."""

from collections.abc import Mapping

from modelyard.domain.access.token import Scope
from modelyard.domain.json_value import JsonValue


def scopes_in(fields: Mapping[str, str]) -> list[JsonValue]:
    """Those whose boxes are ticked."""
    return [scope.value for scope in Scope if f"scope-{scope.value}" in fields]


def models_in(fields: Mapping[str, str]) -> list[JsonValue]:
    """Globs, with commas or spaces between them."""
    return [*fields.get("models", "").replace(",", " ").split()]

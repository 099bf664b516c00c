"""Words that complete what is being typed: from the registry, within a second, or none.

A shell calls these; whatever goes wrong, it gets no words, and nothing is printed.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import typer

from modelyard.client.failures import ModelyardError
from modelyard.client.transport import Patience

if TYPE_CHECKING:
    from modelyard.client.registry import Registry

_PATIENCE = Patience(connect_seconds=0.5, read_seconds=1.0, deadline_seconds=1.0)
_STAGES = ("draft", "staging", "production", "archived")
_SCOPES = ("read", "write", "promote", "admin")
_ROLES = ("reader", "contributor", "maintainer", "approver", "admin")
_MANY = 20


def stages(incomplete: str) -> list[str]:
    """Names of stages."""
    return [stage for stage in _STAGES if stage.startswith(incomplete)]


def scopes(incomplete: str) -> list[str]:
    """Names of scopes."""
    return [scope for scope in _SCOPES if scope.startswith(incomplete)]


def roles(incomplete: str) -> list[str]:
    """Names of roles."""
    return [role for role in _ROLES if role.startswith(incomplete)]


def model_names(ctx: typer.Context, incomplete: str) -> list[str]:
    """Names of models."""
    try:
        return sorted(_names(_registry(ctx), incomplete))
    except (ModelyardError, OSError):
        return []


def references(ctx: typer.Context, incomplete: str) -> list[str]:
    """Names of models; behind `:` versions and stages, behind `@` aliases."""
    try:
        return sorted(_references(_registry(ctx), incomplete))
    except (ModelyardError, OSError):
        return []


def _registry(ctx: typer.Context) -> "Registry":
    from modelyard.client.connection import connect

    return connect(ctx.params.get("url"), profile=ctx.params.get("profile"), patience=_PATIENCE)


def _names(registry: "Registry", incomplete: str) -> Iterator[str]:
    if not incomplete:
        yield from (model.name for model in registry.models(limit=_MANY))
        return
    found = registry.transport.get("/suggest", {"term": f"model:{incomplete}", "limit": _MANY})
    values = (one["text"].removeprefix("model:") for one in found["items"] if one["kind"] == "value")
    yield from (name for name in values if name.startswith(incomplete))


def _references(registry: "Registry", incomplete: str) -> Iterator[str]:
    for sign in (":", "@"):
        model, found, _ = incomplete.partition(sign)
        if found:
            names = _versions(registry, model) if sign == ":" else _aliases(registry, model)
            yield from (word for name in names if (word := f"{model}{sign}{name}").startswith(incomplete))
            return
    yield from _names(registry, incomplete)


def _versions(registry: "Registry", model: str) -> Iterator[str]:
    yield "latest"
    held = set()
    for version in registry.model(model).versions(limit=_MANY):
        held.add(version.stage)
        yield str(version.number)
    yield from held & {"staging", "production"}


def _aliases(registry: "Registry", model: str) -> Iterator[str]:
    yield from (alias.name for alias in registry.model(model).aliases())

"""Where a version comes from, and what was made from it: a graph of three layers."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from modelyard.domain.errors import InvalidInput
from modelyard.domain.json_value import JsonObject, JsonValue
from modelyard.domain.model_version import ModelVersion, VersionSummary
from modelyard.domain.reference import ByNumber, parse_full_reference
from modelyard.presentation.web.formats import short_digest
from modelyard.presentation.web.links import version_link

_DATASETS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeView:
    """A thing in the graph. `href` is empty for what is not in the registry."""

    kind: str
    text: str
    detail: str = ""
    href: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LineageView:
    """What it was made from, it, and what was made from it."""

    sources: tuple[NodeView, ...]
    itself: NodeView
    children: tuple[NodeView, ...]


def lineage_view(version: ModelVersion, children: Sequence[VersionSummary]) -> LineageView | None:
    """The graph; None where nothing is known on either side."""
    sources = tuple(_sources(version.lineage or {}))
    if not sources and not children:
        return None
    return LineageView(
        sources=sources,
        itself=NodeView(kind="this version", text=f"{version.model}:{version.number}", detail=version.stage.value),
        children=tuple(
            NodeView(
                kind="version",
                text=f"{child.model}:{child.number}",
                detail=child.stage.value,
                href=version_link(child.model, child.number),
            )
            for child in children
        ),
    )


def _sources(lineage: JsonObject) -> Iterator[NodeView]:
    parent = lineage.get("parent")
    if isinstance(parent, str):
        yield NodeView(kind="version", text=parent, href=_href(parent))
    for dataset in _documents(lineage.get("datasets"))[:_DATASETS]:
        digest = str(dataset.get("digest") or "")
        yield NodeView(kind="dataset", text=str(dataset.get("name") or ""), detail=short_digest(digest))
    git = lineage.get("git")
    if isinstance(git, Mapping):
        yield NodeView(kind="code", text=str(git.get("repository") or ""), detail=str(git.get("commit") or "")[:12])
    for kind in ("run", "source"):
        if lineage.get(kind):
            yield NodeView(kind=kind, text=str(lineage[kind]))


def _documents(value: JsonValue) -> Sequence[Mapping[str, JsonValue]]:
    return cast("Sequence[Mapping[str, JsonValue]]", value) if isinstance(value, Sequence) else ()


def _href(parent: str) -> str:
    try:
        model, reference = parse_full_reference(parent, "parent")
    except InvalidInput:
        return ""
    return version_link(model, reference.number) if isinstance(reference, ByNumber) else ""

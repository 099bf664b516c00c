"""The first page of a version."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from modelyard.application.ports.aliases import Alias
from modelyard.application.surveys.inspecting import Overview
from modelyard.domain.json_value import JsonObject, JsonValue, plain_json
from modelyard.domain.model_version import ModelVersion
from modelyard.presentation.web.abilities import Abilities
from modelyard.presentation.web.formats import number_text, size_text
from modelyard.presentation.web.links import version_link
from modelyard.presentation.web.pages.version.head import HeadView, head_view
from modelyard.presentation.web.pages.version.lineage import LineageView, lineage_view
from modelyard.presentation.web.pages.version.snippets import SnippetView, snippet_views
from modelyard.presentation.web.query_terms import leading_metrics
from modelyard.presentation.web.views.checklist import ChecklistView, checklist_view

_METRICS = 8
_SHOWN = 500
"""Parameters and leaves of metadata that are shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeatureView:
    """A column that the model takes or gives."""

    name: str
    dtype: str
    shape: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NextView:
    """What it would be held against next, and where that is done."""

    to_stage: str
    href: str
    checklist: ChecklistView


@dataclass(frozen=True, slots=True, kw_only=True)
class AliasView:
    """An alias that points here; `tag` names the state that is shown, so that no other one is changed."""

    name: str
    tag: str
    is_protected: bool
    can_change: bool
    """Whether the reader may take it away, protect it or lift its protection."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OverviewView:
    """The page."""

    head: HeadView
    card_html: str
    edit_href: str
    metrics: tuple[tuple[str, str], ...]
    metrics_href: str
    metric_count: int
    facts: tuple[tuple[str, str, bool], ...]
    """What it is, by name; and whether the value is shown as code."""
    tags: tuple[tuple[str, str], ...]
    params: tuple[tuple[str, str], ...]
    metadata: tuple[tuple[str, str], ...]
    inputs: tuple[FeatureView, ...]
    outputs: tuple[FeatureView, ...]
    lineage: LineageView | None
    next: NextView | None
    alias_href: str
    """Where aliases are pointed here, and below it taken away; empty where the reader may move none."""
    aliases: tuple[AliasView, ...]
    snippets: tuple[SnippetView, ...]
    origin: str
    """Where the registry is, as far as it knows: a proxy may have another address, which the browser knows."""


def overview_view(overview: Overview, abilities: Abilities, card_html: str, origin: str) -> OverviewView:
    """The page, for somebody with these abilities; `origin` is where the registry is, for what can be copied."""
    version = overview.state.version
    names = leading_metrics(version, (), at_most=_METRICS)
    signature = version.signature or {}
    return OverviewView(
        head=head_view(overview.state, abilities, ""),
        card_html=card_html,
        edit_href=version_link(version.model, version.number, "edit") if abilities.edit else "",
        metrics=tuple((name, number_text(version.metrics[name])) for name in names),
        metrics_href=version_link(version.model, version.number, "metrics"),
        metric_count=len(version.metrics),
        facts=tuple(_facts(version)),
        tags=tuple(version.tags.items()),
        params=tuple((key, _told(value)) for key, value in list(version.params.items())[:_SHOWN]),
        metadata=tuple(leaves(version.metadata))[:_SHOWN],
        inputs=_features(signature.get("inputs")),
        outputs=_features(signature.get("outputs")),
        lineage=lineage_view(version, overview.children),
        next=_next(overview),
        alias_href=version_link(version.model, version.number, "aliases") if abilities.alias else "",
        aliases=tuple(_alias(alias, abilities) for alias in overview.aliases),
        snippets=snippet_views(version, origin),
        origin=origin,
    )


def leaves(document: JsonObject, path: str = "") -> Iterator[tuple[str, str]]:
    """The values of a document by their path, as queries name them."""
    for key, value in document.items():
        name = f"{path}.{key}" if path else key
        if isinstance(value, Mapping) and value:
            yield from leaves(value, name)
        else:
            yield name, _told(value)


def _told(value: JsonValue) -> str:
    return value if isinstance(value, str) else plain_json(value)


def _facts(version: ModelVersion) -> Iterator[tuple[str, str, bool]]:
    framework = version.framework or {}
    if framework:
        yield "Framework", " ".join(str(part) for part in (framework["name"], framework.get("version")) if part), False
    yield "Size", f"{size_text(version.size_bytes)} in {version.file_count} file{_s(version.file_count)}", False
    yield "Changed", f"{version.updated_at:%d %b %Y, %H:%M} UTC by {version.updated_by}", False
    yield "Revision", str(version.revision), False
    yield "Digest", version.digest, True


def _alias(alias: Alias, abilities: Abilities) -> AliasView:
    return AliasView(
        name=alias.name,
        tag=alias.tag,
        is_protected=alias.is_protected,
        can_change=abilities.can_change(alias),
    )


def _s(count: int) -> str:
    return "" if count == 1 else "s"


def _features(listed: JsonValue) -> tuple[FeatureView, ...]:
    features = cast("Sequence[Mapping[str, JsonValue]]", listed or ())
    return tuple(
        FeatureView(
            name=str(feature.get("name") or ""),
            dtype=str(feature.get("dtype") or ""),
            shape=_shape(feature.get("shape")),
        )
        for feature in features[:_SHOWN]
    )


def _shape(shape: JsonValue) -> str:
    if not isinstance(shape, Sequence) or isinstance(shape, str):
        return ""
    return " x ".join("any" if size in {-1, None} else str(size) for size in shape)


def _next(overview: Overview) -> NextView | None:
    planned = overview.planned
    if planned is None:
        return None
    version, target = overview.state.version, planned.to_stage.value
    return NextView(
        to_stage=target,
        href=version_link(version.model, version.number, "move", to=target),
        checklist=checklist_view(planned.checklist),
    )

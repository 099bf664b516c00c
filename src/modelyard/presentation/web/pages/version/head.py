"""The head of all pages of a version: what it is, its parts, and what can be done with it."""

import shlex
from collections.abc import Iterator
from dataclasses import dataclass, replace
from types import MappingProxyType

from modelyard.application.surveys.inspecting import NEXT, VersionState
from modelyard.domain.lifecycle import STEPS, Stage, Step
from modelyard.presentation.web.abilities import ALL, Abilities
from modelyard.presentation.web.formats import MomentView, moment
from modelyard.presentation.web.links import model_link, version_link
from modelyard.presentation.web.views.request import RequestView, request_view

_VERBS = MappingProxyType(
    {
        Step.PROMOTE: "Promote to",
        Step.DEMOTE: "Back to",
        Step.ARCHIVE: "Archive",
        Step.RESTORE: "Restore to",
        Step.ROLLBACK: "Roll back to this",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TabView:
    """A part of the version."""

    label: str
    href: str
    is_current: bool
    count: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionView:
    """Something that can be done; it is a page of its own, which asks once more."""

    label: str
    href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadView:
    """The head. `primary` is what is done most often from here, None where nothing is."""

    model: str
    model_href: str
    number: int
    href: str
    name: str
    reference: str
    """The name, as a shell wants it."""
    stage: str
    aliases: tuple[str, ...]
    description: str
    created: MomentView
    created_by: str
    tabs: tuple[TabView, ...]
    primary: ActionView | None
    actions: tuple[ActionView, ...]
    requests: tuple[RequestView, ...]


def head_view(state: VersionState, abilities: Abilities, tab: str) -> HeadView:
    """The head, on the part `tab`."""
    version = state.version
    primary = _primary(state, abilities)
    return HeadView(
        model=version.model,
        model_href=model_link(version.model),
        number=version.number,
        href=version_link(version.model, version.number),
        name=f"{version.model}:{version.number}",
        reference=shlex.quote(f"{version.model}:{version.number}"),
        stage=version.stage.value,
        aliases=version.aliases,
        description=version.description,
        created=moment(version.created_at, state.now),
        created_by=version.created_by,
        tabs=_tabs(state, tab),
        primary=primary,
        actions=tuple(action for action in _actions(state, abilities) if action != primary),
        requests=tuple(request_view(standing, state.now) for standing in state.requests),
    )


def bare_head_view(state: VersionState) -> HeadView:
    """The head of a page that does one thing, and offers no other."""
    return replace(head_view(state, ALL, ""), primary=None, actions=(), tabs=())


def _tabs(state: VersionState, current: str) -> tuple[TabView, ...]:
    version = state.version
    parts = (
        ("", "Overview", ""),
        ("metrics", "Metrics", ""),
        ("files", "Files", str(version.file_count)),
        ("history", "History", ""),
    )
    return tuple(
        TabView(
            label=label,
            href=version_link(version.model, version.number, part),
            is_current=part == current,
            count=count,
        )
        for part, label, count in parts
    )


def _primary(state: VersionState, abilities: Abilities) -> ActionView | None:
    target = NEXT.get(state.version.stage)
    may_ask = target is not None and (abilities.request or abilities.can_move(state.version.stage, target))
    return _move(state, target) if target is not None and target in state.reachable and may_ask else None


def _actions(state: VersionState, abilities: Abilities) -> Iterator[ActionView]:
    version = state.version
    for target in state.reachable:
        if abilities.request or abilities.can_move(version.stage, target):
            yield _move(state, target)
    if abilities.edit:
        yield ActionView(label="Edit", href=version_link(version.model, version.number, "edit"))
    if abilities.delete:
        yield ActionView(label="Delete", href=version_link(version.model, version.number, "delete"))


def _move(state: VersionState, target: Stage) -> ActionView:
    version = state.version
    step = STEPS[version.stage, target]
    label = _VERBS[step] if step in {Step.ARCHIVE, Step.ROLLBACK} else f"{_VERBS[step]} {target}"
    return ActionView(label=label, href=version_link(version.model, version.number, "move", to=target.value))

"""An event as a sentence."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from modelyard.domain.event import Action, Change, Event
from modelyard.domain.json_value import JsonValue
from modelyard.domain.lifecycle import Step
from modelyard.presentation.web.formats import MomentView, moment
from modelyard.presentation.web.links import model_link, version_link
from modelyard.presentation.web.views.registry_event import told_of_registry

_SAID = MappingProxyType(
    {
        Action.MODEL_CREATED: "created",
        Action.MODEL_UPDATED: "edited",
        Action.MODEL_RENAMED: "renamed",
        Action.MODEL_DELETED: "deleted",
        Action.VERSION_REGISTERED: "registered",
        Action.VERSION_UPDATED: "edited",
        Action.VERSION_DELETED: "deleted",
        Action.METRICS_APPENDED: "measured",
        Action.POLICY_CHANGED: "changed the policy of",
        Action.POLICY_DELETED: "removed the policy of",
        Action.REQUEST_APPROVED: "approved",
        Action.REQUEST_REJECTED: "rejected",
        Action.REQUEST_WITHDRAWN: "withdrew",
    }
)
_STEPS = MappingProxyType(
    {
        Step.PROMOTE.value: "promoted",
        Step.DEMOTE.value: "demoted",
        Step.ARCHIVE.value: "archived",
        Step.RESTORE.value: "restored",
        Step.ROLLBACK.value: "rolled back to",
    }
)
_DELETIONS = frozenset({Action.MODEL_DELETED, Action.VERSION_DELETED})


@dataclass(frozen=True, slots=True, kw_only=True)
class EventView:
    """`actor` `verb` `subject` `detail`, at a moment. `href` is empty where there is nothing left to look at."""

    sequence: int
    action: str
    actor: str
    verb: str
    subject: str
    href: str
    detail: str
    stage: str
    """The stage that was entered, if one was."""
    reason: str
    at: MomentView


def event_view(event: Event, now: datetime, *, within: str = "") -> EventView:
    """The event in words; on the page of a model, `within` it, its name need not be said again."""
    change = event.change
    after = change.after or {}
    verb, detail, stage = _told(change, after)
    return EventView(
        sequence=event.sequence,
        action=change.action.value,
        actor=change.actor,
        verb=verb,
        subject=_subject(change, within),
        href=_href(change),
        detail=detail,
        stage=stage,
        reason=change.reason,
        at=moment(change.at, now),
    )


def _told(change: Change, after: Mapping[str, JsonValue]) -> tuple[str, str, str]:
    """Verb, detail, and the stage that was entered."""
    match change.action:
        case Action.VERSION_STAGE_CHANGED:
            step, stage = str(after.get("step")), str(after.get("stage", ""))
            verb = _STEPS.get(step, "moved")
            return verb, "", "" if verb == stage or step == Step.ROLLBACK else stage
        case Action.ALIAS_MOVED:
            return "pointed", f"@{after.get('alias')}", ""
        case Action.ALIAS_PROTECTION_CHANGED:
            verb = "protected an alias of" if after.get("protected") else "lifted the protection of an alias of"
            return verb, f"@{after.get('alias')}", ""
        case Action.ALIAS_DELETED:
            return "removed an alias of", f"@{after.get('alias')}", ""
        case Action.REQUEST_CREATED:
            return "asked to promote", "", str(after.get("to_stage", ""))
        case Action.REQUEST_APPROVED | Action.REQUEST_REJECTED | Action.REQUEST_WITHDRAWN:
            return _SAID[change.action], f"request {after.get('request')}", str(after.get("to_stage", ""))
        case _ if change.model and change.action in _SAID:
            return _SAID[change.action], "", ""
        case _:
            return *told_of_registry(change), ""


def _subject(change: Change, within: str) -> str:
    if change.version:
        return f"version {change.version}" if change.model == within else f"{change.model}:{change.version}"
    return "this model" if change.model and change.model == within else change.model


def _href(change: Change) -> str:
    if not change.model or change.action is Action.MODEL_DELETED:
        return ""
    if change.version and change.action not in _DELETIONS:
        return version_link(change.model, change.version)
    return model_link(change.model)

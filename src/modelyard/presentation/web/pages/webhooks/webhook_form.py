"""The form of a webhook."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from modelyard.application.services.subscribing import WebhookPatch
from modelyard.domain.event import Action
from modelyard.domain.json_value import JsonObject, JsonValue
from modelyard.domain.webhook import WebhookDraft
from modelyard.presentation.api.webhooks.schemas import WebhookCreate
from modelyard.presentation.http.validation import validated

_PREFIX = "action-"


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionView:
    """A kind of event that can be chosen."""

    field: str
    text: str
    is_chosen: bool


def draft_of(fields: Mapping[str, str]) -> WebhookDraft:
    """What the form asks for.

    Raises:
        InvalidInput: it breaks a rule.
    """
    document: JsonObject = {
        "url": fields.get("url", "").strip(),
        "models": fields.get("models", "").strip() or "*",
        "description": fields.get("description", ""),
        "actions": list[JsonValue](sorted(chosen_actions(fields))),
        "active": "active" in fields,
    }
    return validated(WebhookCreate, document).draft()


def patch_of(draft: WebhookDraft) -> WebhookPatch:
    """All of it, as a change."""
    return WebhookPatch(
        url=draft.url,
        actions=draft.actions,
        models=draft.models,
        description=draft.description,
        is_active=draft.is_active,
    )


def fields_of(draft: WebhookDraft) -> dict[str, str]:
    """What stands in the form of a webhook that is there."""
    chosen = {f"{_PREFIX}{action.value}": "on" for action in draft.actions}
    active = {"active": "on"} if draft.is_active else {}
    return {"url": draft.url, "models": draft.models, "description": draft.description, **chosen, **active}


def chosen_actions(fields: Mapping[str, str]) -> set[str]:
    """The actions that are ticked, as they were sent."""
    return {name.removeprefix(_PREFIX) for name in fields if name.startswith(_PREFIX)}


def action_groups(fields: Mapping[str, str]) -> Sequence[tuple[str, tuple[ActionView, ...]]]:
    """All actions by what they are about."""
    chosen = chosen_actions(fields)
    return [
        (
            noun.capitalize(),
            tuple(
                ActionView(
                    field=f"{_PREFIX}{action.value}",
                    text=action.value.partition(".")[2].replace("_", " "),
                    is_chosen=action.value in chosen,
                )
                for action in actions
            ),
        )
        for noun, actions in groupby(Action, lambda action: action.value.partition(".")[0])
    ]

"""Events that concern no single model, in words."""

from collections.abc import Mapping
from types import MappingProxyType

from modelyard.domain.event import Action, Change
from modelyard.domain.json_value import JsonValue

_SAID = MappingProxyType(
    {
        Action.POLICY_CHANGED: ("changed the policy of", "{pattern}"),
        Action.POLICY_DELETED: ("removed the policy of", "{pattern}"),
        Action.WEBHOOK_CREATED: ("added a webhook to", "{target}"),
        Action.WEBHOOK_UPDATED: ("changed the webhook to", "{target}"),
        Action.WEBHOOK_DELETED: ("removed the webhook to", "{target}"),
        Action.ACCOUNT_CREATED: ("made the account", "{name}"),
        Action.ACCOUNT_UPDATED: ("changed the account", "{name}"),
        Action.ACCOUNT_LINKED: ("let {subject} of {issuer} sign in as", "{account}"),
        Action.ACCOUNT_SIGNED_IN: ("signed in by", "{way}"),
        Action.PASSWORD_CHANGED: ("set the password of", "{account}"),
        Action.GROUP_CREATED: ("made the group", "{name}"),
        Action.GROUP_UPDATED: ("changed the members of", "{name}"),
        Action.GROUP_DELETED: ("removed the group", "{name}"),
        Action.ROLE_GRANTED: ("granted", "{role} on {models} to {subject}"),
        Action.ROLE_REVOKED: ("took away", "{role} on {models} from {subject}"),
        Action.TOKEN_CREATED: ("made a token of {account}", "{name}"),
        Action.TOKEN_REVOKED: ("revoked a token of {account}", "{name}"),
        Action.WORKLOAD_IDENTITY_CREATED: ("trusted workloads as {account}", "{subject}"),
        Action.WORKLOAD_IDENTITY_DELETED: ("trusts no more as {account}", "{subject}"),
    }
)
_PASSWORD_REMOVED = ("removed the password of", "{account}")


class _Known(dict[str, JsonValue]):
    """What an event says; what it leaves out is a gap in the sentence."""

    def __missing__(self, key: str) -> str:
        return "…"


def told_of_registry(change: Change) -> tuple[str, str]:
    """Verb and detail; an action without words of its own is told by its name."""
    said: Mapping[str, JsonValue] = change.after or change.before or {}
    is_removal = change.action is Action.PASSWORD_CHANGED and said.get("has_one") is False
    words = _PASSWORD_REMOVED if is_removal else _SAID.get(change.action)
    if words is None or change.model:
        return change.action.value.replace(".", " ").replace("_", " "), ""
    known = _Known(said)
    return words[0].format_map(known), words[1].format_map(known)

"""What happened: one event for each change, chained by hashes so that an edit of the past shows."""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache

from modelyard.domain.digest import Digest, digest_of
from modelyard.domain.json_value import JsonObject, canonical_json, json_text


class Action(StrEnum):
    """What kind of change it was."""

    MODEL_CREATED = "model.created"
    MODEL_UPDATED = "model.updated"
    MODEL_RENAMED = "model.renamed"
    MODEL_DELETED = "model.deleted"
    VERSION_REGISTERED = "version.registered"
    VERSION_UPDATED = "version.updated"
    VERSION_STAGE_CHANGED = "version.stage_changed"
    VERSION_DELETED = "version.deleted"
    ALIAS_MOVED = "alias.moved"
    ALIAS_PROTECTION_CHANGED = "alias.protection_changed"
    ALIAS_DELETED = "alias.deleted"
    METRICS_APPENDED = "metrics.appended"
    POLICY_CHANGED = "policy.changed"
    POLICY_DELETED = "policy.deleted"
    REQUEST_CREATED = "request.created"
    REQUEST_APPROVED = "request.approved"
    REQUEST_REJECTED = "request.rejected"
    REQUEST_WITHDRAWN = "request.withdrawn"
    WEBHOOK_CREATED = "webhook.created"
    WEBHOOK_UPDATED = "webhook.updated"
    WEBHOOK_DELETED = "webhook.deleted"
    ACCOUNT_CREATED = "account.created"
    ACCOUNT_UPDATED = "account.updated"
    ACCOUNT_LINKED = "account.linked"
    ACCOUNT_SIGNED_IN = "account.signed_in"
    PASSWORD_CHANGED = "password.changed"  # noqa: S105 - a kind of event
    GROUP_CREATED = "group.created"
    GROUP_UPDATED = "group.updated"
    GROUP_DELETED = "group.deleted"
    ROLE_GRANTED = "role.granted"
    ROLE_REVOKED = "role.revoked"
    TOKEN_CREATED = "token.created"  # noqa: S105 - a kind of event
    TOKEN_REVOKED = "token.revoked"  # noqa: S105 - a kind of event
    WORKLOAD_IDENTITY_CREATED = "workload_identity.created"
    WORKLOAD_IDENTITY_DELETED = "workload_identity.deleted"


REGISTRY_CHAIN = 0
"""The chain of what concerns no single model's inside: models appearing, being renamed and going."""

_OF_THE_REGISTRY = frozenset({Action.MODEL_CREATED, Action.MODEL_RENAMED, Action.MODEL_DELETED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """An event before it has its place in the history.

    `model_id` outlives a rename and a deletion; `model` is the name at that moment. Where no model is concerned,
    they are 0 and empty.
    """

    at: datetime
    actor: str
    action: Action
    model_id: int
    model: str
    version: int | None = None
    before: JsonObject | None = None
    after: JsonObject | None = None
    reason: str = ""

    @property
    def chain(self) -> int:
        """The chain that it belongs to: the model's, or the registry's own.

        A model's creation and deletion stand in the registry's chain, so that the loss of a whole model's chain shows.
        """
        return REGISTRY_CHAIN if self.action in _OF_THE_REGISTRY else self.model_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A change in its place. `sequence` orders all events, `position` counts from 1 in its chain without gaps."""

    sequence: int
    position: int
    change: Change
    previous_hash: Digest | None
    hash: Digest

    def document(self) -> JsonObject:
        """As it is shown, whole."""
        change = self.change
        return {
            "sequence": self.sequence,
            "chain": change.chain,
            "position": self.position,
            "at": rfc3339(change.at),
            "actor": change.actor,
            "action": change.action.value,
            "model_id": change.model_id,
            "model": change.model,
            "version": change.version,
            "before": change.before,
            "after": change.after,
            "reason": change.reason,
            "previous_hash": self.previous_hash,
            "hash": self.hash,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """An event as its hash sees it: `before` and `after` as canonical JSON (RFC 8785), moments as they are shown."""

    position: int
    at: str
    actor: str
    action: str
    model_id: int
    model: str
    version: int | None
    before: str | None
    after: str | None
    reason: str
    previous_hash: str | None

    @property
    def chain(self) -> int:
        """As that of the change."""
        return REGISTRY_CHAIN if self.action in _OF_THE_REGISTRY else self.model_id

    def hash(self) -> Digest:
        """Sha256 over the RFC 8785 JSON of all that is recorded, the hash before it included.

        Its members stand in the order of their names. It is written by hand, since what came before and after is
        canonical already, and a proof of a million events does nothing else.
        """
        text = (
            f'{{"action":{json_text(self.action)},"actor":{json_text(self.actor)},"after":{self.after or "null"},'
            f'"at":{json_text(self.at)},"before":{self.before or "null"},"model":{json_text(self.model)},'
            f'"model_id":{self.model_id},"position":{self.position},"previous_hash":{json_text(self.previous_hash)},'
            f'"reason":{json_text(self.reason)},"version":{json_text(self.version)}}}'
        )
        return digest_of(text.encode())


def link_of(change: Change, position: int, previous_hash: Digest | None) -> Link:
    """The event in its place, as its hash sees it."""
    return Link(
        position=position,
        at=rfc3339(change.at),
        actor=change.actor,
        action=change.action.value,
        model_id=change.model_id,
        model=change.model,
        version=change.version,
        before=None if change.before is None else canonical_json(change.before).decode(),
        after=None if change.after is None else canonical_json(change.after).decode(),
        reason=change.reason,
        previous_hash=previous_hash,
    )


def hash_of(change: Change, position: int, previous_hash: Digest | None) -> Digest:
    """The hash that the event has in this place."""
    return link_of(change, position, previous_hash).hash()


@lru_cache(maxsize=256)
def rfc3339(moment: datetime) -> str:
    """UTC with milliseconds, as everywhere in the interface: `2026-01-31T12:00:00.000Z`.

    One change writes the same moment several times: into its event, and into the answer.
    """
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"

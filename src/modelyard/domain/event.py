"""What happened: one event for each change, chained by hashes so that an edit of the past shows."""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache

from modelyard.domain.digest import Digest, digest_of
from modelyard.domain.json_value import JsonObject, canonical_json


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
    ALIAS_DELETED = "alias.deleted"
    METRICS_APPENDED = "metrics.appended"
    POLICY_CHANGED = "policy.changed"
    POLICY_DELETED = "policy.deleted"
    REQUEST_CREATED = "request.created"
    REQUEST_APPROVED = "request.approved"
    REQUEST_REJECTED = "request.rejected"
    REQUEST_WITHDRAWN = "request.withdrawn"


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


def hash_of(change: Change, position: int, previous_hash: Digest | None) -> Digest:
    """The event's hash: sha256 over the RFC 8785 JSON of all that is recorded, the hash before it included."""
    return digest_of(
        canonical_json(
            {
                "position": position,
                "at": rfc3339(change.at),
                "actor": change.actor,
                "action": change.action.value,
                "model_id": change.model_id,
                "model": change.model,
                "version": change.version,
                "before": change.before,
                "after": change.after,
                "reason": change.reason,
                "previous_hash": previous_hash,
            }
        )
    )


@lru_cache(maxsize=256)
def rfc3339(moment: datetime) -> str:
    """UTC with milliseconds, as everywhere in the interface: `2026-01-31T12:00:00.000Z`.

    One change writes the same moment several times: into its event, and into the answer.
    """
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"

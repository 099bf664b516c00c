"""Writing history: each change leaves one event, in its own transaction."""

from typing import Protocol

from modelyard.application.ports.database import Transaction
from modelyard.application.ports.events import EVENTS
from modelyard.domain.event import REGISTRY_CHAIN, Action, Change, Event
from modelyard.domain.json_value import JsonObject
from modelyard.domain.principal import Principal


class NamedModel(Protocol):
    """What an event tells of a model."""

    @property
    def id(self) -> int:
        """The key that stays through renames."""

    @property
    def name(self) -> str:
        """The name at that moment."""


def record(
    tx: Transaction,
    principal: Principal,
    action: Action,
    model: NamedModel,
    *,
    version: int | None = None,
    before: JsonObject | None = None,
    after: JsonObject | None = None,
    reason: str = "",
) -> None:
    """Append what `principal` did to the model or to one of its versions.

    `before` and `after` hold the changed fields alone, whole enough that the past can be told from events.
    """
    tx.events.append(
        Change(
            at=tx.now,
            actor=principal.name,
            action=action,
            model_id=model.id,
            model=model.name,
            version=version,
            before=before,
            after=after,
            reason=reason,
        )
    )
    tx.announce(EVENTS)


def record_of_registry(
    tx: Transaction,
    principal: Principal,
    action: Action,
    *,
    before: JsonObject | None = None,
    after: JsonObject | None = None,
) -> Event:
    """Append what `principal` did to something that belongs to no model, to the registry's own chain."""
    change = Change(
        at=tx.now,
        actor=principal.name,
        action=action,
        model_id=REGISTRY_CHAIN,
        model="",
        before=before,
        after=after,
    )
    tx.announce(EVENTS)
    return tx.events.append(change)

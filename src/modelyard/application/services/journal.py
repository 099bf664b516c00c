"""Writing history: each change leaves one event, in its own transaction."""

from modelyard.application.ports.database import Transaction
from modelyard.domain.event import Action, Change
from modelyard.domain.json_value import JsonObject
from modelyard.domain.principal import Principal
from modelyard.domain.registered_model import RegisteredModel


def record(
    tx: Transaction,
    principal: Principal,
    action: Action,
    model: RegisteredModel,
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

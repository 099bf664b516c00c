"""Pointing aliases at versions."""

from collections.abc import Sequence

from modelyard.application.ports.aliases import Alias
from modelyard.application.ports.database import Transaction
from modelyard.application.services.journal import record
from modelyard.application.services.precondition import ABSENT, Expected, require_tag
from modelyard.domain.access_errors import PermissionDenied
from modelyard.domain.errors import AliasNotFound
from modelyard.domain.event import Action
from modelyard.domain.json_value import JsonObject
from modelyard.domain.names import check_alias
from modelyard.domain.permission import Permission
from modelyard.domain.principal import Principal
from modelyard.domain.reference import Reference
from modelyard.domain.registered_model import RegisteredModel


def list_aliases(tx: Transaction, model_name: str) -> Sequence[Alias]:
    """All aliases of a model, by name.

    Raises:
        ModelNotFound: there is no such model.
    """
    return tx.aliases.of_model(tx.models.get(model_name).id)


def read_alias(tx: Transaction, model_name: str, name: str) -> Alias:
    """One alias of a model.

    Raises:
        ModelNotFound, AliasNotFound: there is none.
    """
    return _get(tx, tx.models.get(model_name), name)


def point_alias(
    tx: Transaction,
    principal: Principal,
    model_name: str,
    name: str,
    reference: Reference,
    expected: Expected,
    *,
    is_protected: bool | None = None,
    may_move_protected: bool = True,
    reason: str = "",
) -> tuple[Alias, bool]:
    """Make an alias, move it to another version, protect it or lift its protection.

    `is_protected` None leaves protection as it is; a new alias has none. What is as it is to be already changes
    nothing, and needs no right to protected aliases. Whoever moves an alias that is not protected may protect it.

    Returns:
        The alias, and whether it is new.

    Raises:
        ModelNotFound, VersionNotFound: there is none.
        PreconditionFailed: its tag is none of the expected (`ABSENT`: there must be none).
        PermissionDenied: it is protected, and its mover may not change that or where it points.
    """
    check_alias(name)
    model = tx.models.get_to_change(model_name)
    held = tx.aliases.find(model.id, name)
    require_tag(held.tag if held else ABSENT, expected)
    number = tx.versions.get(model_name, reference).number
    was_protected = held is not None and held.is_protected
    wanted = was_protected if is_protected is None else is_protected
    if held and (held.version, was_protected) == (number, wanted):
        return held, False
    _require_right(held, may_move_protected=may_move_protected)
    tx.aliases.point(model.id, name, number, is_protected=wanted, by=principal.name, at=tx.now)
    pointed = _get(tx, model, name)
    _tell(tx, principal, model, held, pointed, reason)
    return pointed, held is None


def delete_alias(
    tx: Transaction,
    principal: Principal,
    model_name: str,
    name: str,
    expected: Expected,
    *,
    may_move_protected: bool = True,
) -> None:
    """Take an alias away; the version stays.

    Raises:
        ModelNotFound, AliasNotFound: there is none.
        PreconditionFailed: its tag is none of the expected.
        PermissionDenied: it is protected, and who wants it gone may not do that.
    """
    model = tx.models.get_to_change(model_name)
    alias = _get(tx, model, name)
    require_tag(alias.tag, expected)
    _require_right(alias, may_move_protected=may_move_protected)
    tx.aliases.delete(model.id, name)
    tx.versions.touch(model.id, alias.version, by=principal.name, at=tx.now)
    record(
        tx,
        principal,
        Action.ALIAS_DELETED,
        model,
        version=alias.version,
        before=_state(name, alias),
        after=_state(name, None),
    )


def _require_right(held: Alias | None, *, may_move_protected: bool) -> None:
    if held is not None and held.is_protected and not may_move_protected:
        raise PermissionDenied(
            f"{held.model}@{held.name} is protected: moving it, deleting it and lifting that need the right to",
            hint="An approver of the model can do it.",
            details={"permission": Permission.ALIASES_PROTECTED.value},
        )


def _tell(
    tx: Transaction, principal: Principal, model: RegisteredModel, before: Alias | None, after: Alias, reason: str
) -> None:
    """One event for the change. Versions change by aliases that come and go, and not by their protection."""
    is_moved = before is None or before.version != after.version
    if is_moved:
        for alias in filter(None, [before, after]):
            tx.versions.touch(model.id, alias.version, by=principal.name, at=tx.now)
    record(
        tx,
        principal,
        Action.ALIAS_MOVED if is_moved else Action.ALIAS_PROTECTION_CHANGED,
        model,
        version=after.version,
        before=_state(after.name, before),
        after=_state(after.name, after),
        reason=reason,
    )


def _state(name: str, alias: Alias | None) -> JsonObject:
    if alias is None:
        return {"alias": name, "version": None, "protected": False}
    return {"alias": name, "version": alias.version, "protected": alias.is_protected}


def _get(tx: Transaction, model: RegisteredModel, name: str) -> Alias:
    alias = tx.aliases.find(model.id, name)
    if alias is None:
        raise AliasNotFound(f"{model.name} has no alias {name[:100]!r}")
    return alias

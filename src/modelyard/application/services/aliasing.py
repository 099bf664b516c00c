"""Pointing aliases at versions."""

from collections.abc import Sequence

from modelyard.application.ports.aliases import Alias
from modelyard.application.ports.database import Transaction
from modelyard.application.services.journal import record
from modelyard.application.services.precondition import ABSENT, Expected, require_tag
from modelyard.domain.errors import AliasNotFound
from modelyard.domain.event import Action
from modelyard.domain.json_value import JsonObject
from modelyard.domain.names import check_alias
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
    reason: str = "",
) -> tuple[Alias, bool]:
    """Make an alias or move it to another version. Pointing it where it points already changes nothing.

    Returns:
        The alias, and whether it is new.

    Raises:
        ModelNotFound, VersionNotFound: there is none.
        PreconditionFailed: its tag is none of the expected (`ABSENT`: there must be none).
    """
    check_alias(name)
    model = tx.models.get_to_change(model_name)
    held = tx.aliases.find(model.id, name)
    require_tag(held.tag if held else ABSENT, expected)
    version = tx.versions.get(model_name, reference)
    if held and held.version == version.number:
        return held, False
    before = held.version if held else None
    tx.aliases.point(model.id, name, version.number, by=principal.name, at=tx.now)
    for number in filter(None, [before, version.number]):
        tx.versions.touch(model.id, number, by=principal.name, at=tx.now)
    told = {"before": _points(name, before), "after": _points(name, version.number)}
    record(tx, principal, Action.ALIAS_MOVED, model, version=version.number, **told, reason=reason)
    return _get(tx, model, name), held is None


def delete_alias(tx: Transaction, principal: Principal, model_name: str, name: str, expected: Expected) -> None:
    """Take an alias away; the version stays.

    Raises:
        ModelNotFound, AliasNotFound: there is none.
        PreconditionFailed: its tag is none of the expected.
    """
    model = tx.models.get_to_change(model_name)
    alias = _get(tx, model, name)
    require_tag(alias.tag, expected)
    tx.aliases.delete(model.id, name)
    tx.versions.touch(model.id, alias.version, by=principal.name, at=tx.now)
    record(
        tx,
        principal,
        Action.ALIAS_DELETED,
        model,
        version=alias.version,
        before=_points(name, alias.version),
        after=_points(name, None),
    )


def _points(name: str, version: int | None) -> JsonObject:
    return {"alias": name, "version": version}


def _get(tx: Transaction, model: RegisteredModel, name: str) -> Alias:
    alias = tx.aliases.find(model.id, name)
    if alias is None:
        raise AliasNotFound(f"{model.name} has no alias {name[:100]!r}")
    return alias

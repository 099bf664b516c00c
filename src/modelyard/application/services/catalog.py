"""Keeping the catalogue of models."""

from dataclasses import replace

from modelyard.application.ports.database import Transaction
from modelyard.application.services.journal import record
from modelyard.application.services.precondition import Expected, require_tag
from modelyard.domain.bounds import UNBOUNDED, Bounds
from modelyard.domain.errors import ModelInUse
from modelyard.domain.event import Action
from modelyard.domain.lifecycle import Stage
from modelyard.domain.names import check_model_name
from modelyard.domain.principal import Principal
from modelyard.domain.registered_model import ModelDraft, ModelPatch, RegisteredModel, merged_tags


def read_model(tx: Transaction, name: str) -> RegisteredModel:
    """The model of this name.

    Raises:
        ModelNotFound: there is none.
    """
    return tx.models.get(name)


def create_model(
    tx: Transaction, principal: Principal, draft: ModelDraft, *, bounds: Bounds = UNBOUNDED
) -> RegisteredModel:
    """Register a model. Its name is free afterwards only by rename or deletion.

    Raises:
        ModelExists: the name is taken.
        InvalidInput: it has more tags than the bound.
    """
    bounds.check_tags(draft.tags)
    tx.models.add(draft, by=principal.name, at=tx.now)
    model = tx.models.get(draft.name)
    record(tx, principal, Action.MODEL_CREATED, model, after=_description_of(model))
    return model


def update_model(
    tx: Transaction,
    principal: Principal,
    name: str,
    patch: ModelPatch,
    expected: Expected,
    *,
    bounds: Bounds = UNBOUNDED,
) -> RegisteredModel:
    """Change description and tags. A patch that changes nothing leaves no event and the same revision.

    Raises:
        ModelNotFound: there is no such model.
        PreconditionFailed: its tag is none of the expected.
        InvalidInput: it would have more tags than the bound.
    """
    model = tx.models.get_to_change(name)
    require_tag(model.tag, expected)
    changed = replace(
        model,
        description=model.description if patch.description is None else patch.description,
        tags=merged_tags(model.tags, patch.tags),
    )
    if changed == model:
        return model
    bounds.check_tags(changed.tags, model.tags)
    saved = _save(tx, principal, changed)
    record(tx, principal, Action.MODEL_UPDATED, saved, before=_description_of(model), after=_description_of(saved))
    return saved


def rename_model(
    tx: Transaction, principal: Principal, name: str, new_name: str, expected: Expected
) -> RegisteredModel:
    """Give a model another name; versions, aliases and history go with it, and the old name becomes free.

    Raises:
        ModelNotFound: there is no such model.
        ModelExists: the new name is taken.
        PreconditionFailed: its tag is none of the expected.
    """
    check_model_name(new_name, "/name")
    model = tx.models.get_to_change(name)
    require_tag(model.tag, expected)
    if new_name == name:
        return model
    saved = _save(tx, principal, replace(model, name=new_name))
    record(tx, principal, Action.MODEL_RENAMED, saved, before={"name": name}, after={"name": new_name})
    return saved


def delete_model(tx: Transaction, principal: Principal, name: str, expected: Expected, *, is_forced: bool) -> int:
    """Delete a model with all its versions; its events stay. Returns the bytes that become free.

    Raises:
        ModelNotFound: there is no such model.
        ModelInUse: versions are in staging or production, or aliases point to some, and `is_forced` is not set.
        PreconditionFailed: its tag is none of the expected.
    """
    model = tx.models.get_to_change(name)
    require_tag(model.tag, expected)
    if not is_forced:
        _require_unused(tx, model)
    freed_bytes = tx.blobs.freed_by_model(model.id)
    tx.models.delete(model.id)
    record(tx, principal, Action.MODEL_DELETED, model, before=_description_of(model))
    return freed_bytes


def _save(tx: Transaction, principal: Principal, model: RegisteredModel) -> RegisteredModel:
    saved = replace(model, revision=model.revision + 1, updated_at=tx.now, updated_by=principal.name)
    tx.models.save(saved)
    return saved


def _require_unused(tx: Transaction, model: RegisteredModel) -> None:
    used = [*tx.versions.in_stage(model.id, Stage.STAGING), *tx.versions.in_stage(model.id, Stage.PRODUCTION)]
    aliases = [alias.name for alias in tx.aliases.of_model(model.id)]
    if used or aliases:
        raise ModelInUse(
            f"{model.name} has versions in staging or production, or aliases",
            hint="Archive these versions and delete these aliases first, or send force=true.",
            details={"versions": sorted(used), "aliases": aliases},
        )


def _description_of(model: RegisteredModel) -> dict[str, str | dict[str, str]]:
    return {"name": model.name, "description": model.description, "tags": dict(model.tags)}

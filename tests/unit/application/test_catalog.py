from collections.abc import Callable
from datetime import timedelta

import pytest

from modelyard.application.ports.database import Database
from modelyard.application.services import catalog
from modelyard.domain.errors import InvalidInput, ModelExists, ModelNotFound, PreconditionFailed
from modelyard.domain.event import Action
from modelyard.domain.lifecycle import Stage
from modelyard.domain.registered_model import ModelPatch
from tests.factories import ADA, BOB, Workshop, model_draft
from tests.fakes.clock import START, FixedClock


async def test_a_model_is_created_as_it_was_described(database: Database) -> None:
    draft = model_draft(tags={"team": "risk", "é/~": "\u2028"})

    created = await database.write(catalog.create_model, ADA, draft)

    assert await database.read(catalog.read_model, draft.name) == created
    assert (created.name, created.description, created.tags) == (draft.name, draft.description, draft.tags)
    assert (created.created_by, created.created_at, created.updated_by, created.updated_at) == (
        "ada", START, "ada", START,
    )  # fmt: skip
    assert (created.revision, created.latest_version, created.production) == (1, None, ())


async def test_a_name_is_given_once(database: Database, workshop: Workshop) -> None:
    await workshop.model("churn")

    with pytest.raises(ModelExists):
        await database.write(catalog.create_model, BOB, model_draft(name="churn"))


async def test_names_are_case_sensitive(workshop: Workshop) -> None:
    lower, upper = await workshop.model("churn"), await workshop.model("Churn")

    assert lower.id != upper.id


async def test_a_model_that_was_never_created_is_not_found(database: Database) -> None:
    with pytest.raises(ModelNotFound):
        await database.read(catalog.read_model, "churn")


@pytest.mark.parametrize(
    ("patch", "description", "tags"),
    [
        pytest.param(ModelPatch(description="new"), "new", {"team": "risk", "old": "x"}, id="description"),
        pytest.param(ModelPatch(description=""), "", {"team": "risk", "old": "x"}, id="no description"),
        pytest.param(ModelPatch(tags={"team": "fraud"}), "text", {"team": "fraud", "old": "x"}, id="a tag changed"),
        pytest.param(ModelPatch(tags={"old": None, "new": ""}), "text", {"team": "risk", "new": ""}, id="tags"),
    ],
)
async def test_a_patch_changes_what_it_names(
    database: Database, workshop: Workshop, clock: FixedClock, patch: ModelPatch, description: str, tags: dict[str, str]
) -> None:
    model = await workshop.model("churn", description="text", tags={"team": "risk", "old": "x"})
    clock.advance(seconds=1)

    changed = await database.write(catalog.update_model, BOB, "churn", patch, {model.tag})

    assert changed == await database.read(catalog.read_model, "churn")
    assert (changed.description, changed.tags, changed.revision) == (description, tags, 2)
    assert (changed.updated_by, changed.updated_at) == ("bob", START + timedelta(seconds=1))
    assert (changed.created_by, changed.created_at) == ("ada", START)


@pytest.mark.parametrize("patch", [ModelPatch(), ModelPatch(description="text", tags={"team": "risk", "gone": None})])
async def test_a_patch_that_changes_nothing_leaves_no_trace(
    database: Database, workshop: Workshop, patch: ModelPatch
) -> None:
    model = await workshop.model("churn", description="text", tags={"team": "risk"})
    before = await workshop.dump()

    assert await database.write(catalog.update_model, BOB, "churn", patch, None) == model
    assert await workshop.dump() == before


async def test_a_rename_keeps_identity_and_all_that_belongs_to_the_model(
    database: Database, workshop: Workshop
) -> None:
    model = await workshop.model("churn")
    version = await workshop.move(await workshop.version("churn"), Stage.STAGING, Stage.PRODUCTION)
    await workshop.alias(version, "champion")

    renamed = await database.write(catalog.rename_model, BOB, "churn", "fraud.churn", None)

    assert (renamed.id, renamed.name, renamed.production) == (model.id, "fraud.churn", (1,))
    moved = await workshop.read(await workshop.version("fraud.churn"))
    assert (moved.model_id, moved.number) == (model.id, 2)
    assert {event.change.model_id for event in await workshop.events()} == {model.id}


async def test_a_renamed_models_old_name_is_free(database: Database, workshop: Workshop) -> None:
    model = await workshop.model("churn")
    await database.write(catalog.rename_model, ADA, "churn", "fraud", None)

    with pytest.raises(ModelNotFound):
        await database.read(catalog.read_model, "churn")
    assert (await workshop.model("churn")).id != model.id


async def test_a_rename_to_the_same_name_leaves_no_trace(database: Database, workshop: Workshop) -> None:
    model = await workshop.model("churn")
    before = await workshop.dump()

    assert await database.write(catalog.rename_model, BOB, "churn", "churn", {model.tag}) == model
    assert await workshop.dump() == before


@pytest.mark.parametrize(
    ("new_name", "error"), [("taken", ModelExists), ("a/b", InvalidInput), ("", InvalidInput), ("..", InvalidInput)]
)
async def test_a_model_cannot_be_renamed_to(
    database: Database, workshop: Workshop, new_name: str, error: type[Exception]
) -> None:
    await workshop.model("taken")
    await workshop.model("churn")
    before = await workshop.dump()

    with pytest.raises(error):
        await database.write(catalog.rename_model, ADA, "churn", new_name, None)
    assert await workshop.dump() == before


CHANGES: dict[str, Callable[..., object]] = {
    "update": lambda tx, tag: catalog.update_model(tx, BOB, "churn", ModelPatch(description="new"), {tag}),
    "rename": lambda tx, tag: catalog.rename_model(tx, BOB, "churn", "fraud", {tag}),
    "delete": lambda tx, tag: catalog.delete_model(tx, BOB, "churn", {tag}, is_forced=True),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
async def test_a_change_is_held_against_the_state_that_its_maker_saw(
    database: Database, workshop: Workshop, change: Callable[..., object]
) -> None:
    seen = await workshop.model("churn")
    await workshop.version("churn")
    before = await workshop.dump()

    with pytest.raises(PreconditionFailed):
        await database.write(change, seen.tag)
    assert await workshop.dump() == before

    present = await database.read(catalog.read_model, "churn")
    await database.write(change, present.tag)


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
async def test_a_model_that_is_not_there_is_not_changed(database: Database, change: Callable[..., object]) -> None:
    with pytest.raises(ModelNotFound):
        await database.write(change, "1-1")


async def test_a_model_made_anew_never_has_the_tag_of_the_old_one(database: Database, workshop: Workshop) -> None:
    old = await workshop.model("churn")
    await database.write(catalog.delete_model, ADA, "churn", None, is_forced=False)

    assert (await workshop.model("churn")).tag != old.tag


async def test_each_change_of_a_model_is_told_by_one_event(database: Database, workshop: Workshop) -> None:
    model = await workshop.model("churn", description="", tags={})
    await database.write(catalog.update_model, BOB, "churn", ModelPatch(tags={"a": "b"}), None)
    await database.write(catalog.rename_model, ADA, "churn", "fraud", None)
    await database.write(catalog.delete_model, BOB, "fraud", None, is_forced=False)

    plain = {"name": "churn", "description": "", "tags": {}}
    tagged = {**plain, "tags": {"a": "b"}}
    told = [
        (e.action, e.actor, e.model, e.before, e.after) for e in (event.change for event in await workshop.events())
    ]
    assert told == [
        (Action.MODEL_CREATED, "ada", "churn", None, plain),
        (Action.MODEL_UPDATED, "bob", "churn", plain, tagged),
        (Action.MODEL_RENAMED, "ada", "fraud", {"name": "churn"}, {"name": "fraud"}),
        (Action.MODEL_DELETED, "bob", "fraud", {**tagged, "name": "fraud"}, None),
    ]
    assert {event.change.model_id for event in await workshop.events()} == {model.id}

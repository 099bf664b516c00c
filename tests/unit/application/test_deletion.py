from dataclasses import replace
from typing import Any

import pytest

from modelyard.application.ports.database import Database
from modelyard.application.services import catalog, publishing
from modelyard.domain.errors import ModelInUse, ModelNotFound, PreconditionFailed, VersionInUse, VersionNotFound
from modelyard.domain.event import Action
from modelyard.domain.lifecycle import Stage
from modelyard.domain.model_version import ModelVersion
from modelyard.domain.reference import ByNumber, Latest
from tests.factories import BOB, Workshop


async def delete(database: Database, version: ModelVersion, *, is_forced: bool = False) -> int:
    reference = ByNumber(version.number)
    return await database.write(
        publishing.delete_version, BOB, version.model, reference, {version.tag}, is_forced=is_forced
    )


async def test_a_deleted_version_is_gone_with_all_that_belongs_to_it(database: Database, workshop: Workshop) -> None:
    await workshop.model("churn")
    before = await workshop.dump()
    version = await workshop.version("churn", await workshop.blob(b"weights"), tags={"a": "b"}, params={"c": 1})
    await workshop.measure(version, "auc", 0.9)

    await delete(database, await workshop.read(version))

    with pytest.raises(VersionNotFound):
        await workshop.read(version)
    after = await workshop.dump()
    assert {table for table in after if after[table] != before[table]} == {"models", "blobs", "events"}


async def test_its_number_is_never_given_again(database: Database, workshop: Workshop) -> None:
    await workshop.model("churn")
    await workshop.version("churn")
    last = await workshop.version("churn")

    await delete(database, last)

    assert (await database.read(catalog.read_model, "churn")).latest_version == 1
    assert (await database.read(publishing.read_version, "churn", Latest())).number == 1
    assert (await workshop.version("churn")).number == 3


async def test_its_model_shows_that_it_is_gone(database: Database, workshop: Workshop) -> None:
    await workshop.model("churn")
    version = await workshop.version("churn")
    seen = await database.read(catalog.read_model, "churn")

    await delete(database, version)

    assert (await database.read(catalog.read_model, "churn")).revision == seen.revision + 1


@pytest.mark.parametrize(
    ("stages", "alias"),
    [
        ([Stage.STAGING], None),
        ([Stage.STAGING, Stage.PRODUCTION], None),
        ([], "champion"),
        ([Stage.ARCHIVED], "champion"),
    ],
)
async def test_a_version_in_use_is_deleted_only_by_force(
    database: Database, workshop: Workshop, stages: list[Stage], alias: str | None
) -> None:
    await workshop.model("churn")
    version = await workshop.move(await workshop.version("churn", await workshop.blob(b"weights")), *stages)
    if alias:
        await workshop.alias(version, alias)
    version = await workshop.read(version)
    before = await workshop.dump()

    with pytest.raises(VersionInUse) as refusal:
        await delete(database, version)
    assert refusal.value.details == {"stage": version.stage, "aliases": [alias] if alias else []}
    assert await workshop.dump() == before

    assert await delete(database, version, is_forced=True) == len(b"weights")
    assert (await workshop.dump())["aliases"] == []


@pytest.mark.parametrize("stages", [[], [Stage.ARCHIVED]])
async def test_a_version_out_of_use_is_deleted(database: Database, workshop: Workshop, stages: list[Stage]) -> None:
    await workshop.model("churn")
    version = await workshop.move(await workshop.version("churn"), *stages)

    assert await delete(database, version) == 0


async def test_the_event_tells_what_was_deleted(database: Database, workshop: Workshop) -> None:
    await workshop.model("churn")
    version = await workshop.version("churn", await workshop.blob(b"weights"), tags={"a": "b"}, metadata={"x": 1e20})
    await workshop.alias(version, "champion")

    await delete(database, await workshop.read(version), is_forced=True)

    told = (await workshop.events())[-1].change
    assert (told.action, told.actor, told.version, told.after) == (Action.VERSION_DELETED, "bob", 1, None)
    assert told.before == {
        "stage": "draft", "digest": version.digest, "size_bytes": 7, "aliases": ["champion"], "description": "",
        "tags": {"a": "b"}, "metadata": {"x": 1e20}, "card": "",
    }  # fmt: skip


async def test_only_bytes_that_no_other_version_holds_become_free(database: Database, workshop: Workshop) -> None:
    await workshop.model("churn")
    await workshop.model("fraud")
    shared, own, foreign = [await workshop.blob(b"x" * size) for size in (1, 10, 100)]
    first = await workshop.version("churn", shared, own, replace(own, path="copy.bin"), foreign)
    second = await workshop.version("churn", shared)
    other = await workshop.version("fraud", foreign)

    assert await delete(database, first) == 10
    assert await delete(database, second) == 1
    assert await delete(database, other) == 100


async def test_a_deleted_model_takes_its_versions_along_and_leaves_its_history(
    database: Database, workshop: Workshop
) -> None:
    model = await workshop.model("churn", tags={"a": "b"})
    shared, own = await workshop.blob(b"shared"), await workshop.blob(b"own")
    await workshop.version(model.name, shared, own)
    await workshop.version(model.name, replace(own, path="again.bin"))
    await workshop.model("fraud")
    await workshop.version("fraud", shared)
    history = await workshop.events()

    freed = await database.write(catalog.delete_model, BOB, "churn", None, is_forced=False)

    assert freed == len(b"own")
    with pytest.raises(ModelNotFound):
        await database.read(publishing.read_version, "churn", Latest())
    left = await workshop.dump()
    assert [len(left[table]) for table in ("models", "versions", "version_files", "model_tags")] == [1, 1, 1, 2]
    assert (await workshop.events())[:-1] == history


@pytest.mark.parametrize("use", ["staging", "production", "alias"])
async def test_a_model_in_use_is_deleted_only_by_force(database: Database, workshop: Workshop, use: str) -> None:
    await workshop.model("churn")
    version = await workshop.version("churn")
    if use == "alias":
        await workshop.alias(version, "champion")
    else:
        await workshop.move(version, *[Stage.STAGING, Stage.PRODUCTION][: 1 + (use == "production")])
    before = await workshop.dump()

    with pytest.raises(ModelInUse) as refusal:
        await database.write(catalog.delete_model, BOB, "churn", None, is_forced=False)
    told: dict[str, Any] = (
        {"versions": [], "aliases": ["champion"]} if use == "alias" else {"versions": [1], "aliases": []}
    )
    assert refusal.value.details == told
    assert await workshop.dump() == before

    await database.write(catalog.delete_model, BOB, "churn", None, is_forced=True)
    assert (await workshop.dump())["models"] == []


async def test_a_deletion_is_held_against_the_state_that_its_maker_saw(database: Database, workshop: Workshop) -> None:
    await workshop.model("churn")
    seen = await workshop.version("churn")
    await workshop.measure(seen, "auc", 0.9)
    before = await workshop.dump()

    with pytest.raises(PreconditionFailed):
        await delete(database, seen, is_forced=True)
    assert await workshop.dump() == before

import asyncio
from dataclasses import replace

import pytest
from hypothesis import given, settings

from modelyard.application.ports.database import Database
from modelyard.application.queries import files
from modelyard.application.services import catalog, publishing
from modelyard.domain.digest import digest_of
from modelyard.domain.errors import (
    BlobsMissing,
    FileNotInVersion,
    InvalidInput,
    ModelNotFound,
    SizeMismatch,
    VersionNotFound,
)
from modelyard.domain.event import Action
from modelyard.domain.json_value import canonical_json
from modelyard.domain.lifecycle import Stage
from modelyard.domain.model_version import Content, File, VersionDraft, seal
from modelyard.domain.reference import ByNumber, Latest
from tests.factories import ADA, BOB, Workshop, version_draft
from tests.fakes.clock import START
from tests.strategies import contents, json_objects

NOWHERE = File(path="lost.bin", digest=digest_of(b"never uploaded"), size_bytes=14)
SHARED = settings(max_examples=50)


async def test_a_version_is_registered_whole(database: Database, workshop: Workshop) -> None:
    model = await workshop.model("churn")
    weights, card = await workshop.blob(b"weights"), await workshop.blob(b"card")
    draft = VersionDraft(
        content=Content(files=(weights, card), params={"depth": 6}, framework={"name": "sklearn", "version": "1.9"}),
        description="first",
        tags={"team": "risk"},
        metadata={"rows": 569},
        card="# Churn",
    )

    version = await database.write(publishing.register_version, BOB, "churn", draft)

    assert version == await database.read(publishing.read_version, "churn", ByNumber(1))
    assert (version.model, version.model_id, version.number, version.stage) == ("churn", model.id, 1, Stage.DRAFT)
    assert (version.description, version.tags, version.metadata, version.card) == (
        "first", {"team": "risk"}, {"rows": 569}, "# Churn",
    )  # fmt: skip
    assert (version.params, version.framework) == (draft.content.params, draft.content.framework)
    assert (version.size_bytes, version.file_count, version.digest) == (11, 2, seal(draft.content.canonical_parts()))
    assert (version.created_by, version.created_at, version.updated_at) == ("bob", START, START)
    assert (version.revision, version.aliases, version.metrics, version.has_been_in_production) == (1, (), {}, False)


async def test_its_model_shows_it(database: Database, workshop: Workshop) -> None:
    model = await workshop.model("churn")
    await workshop.version("churn")

    shown = await database.read(catalog.read_model, "churn")

    assert (shown.latest_version, shown.revision) == (1, model.revision + 1)


async def test_its_files_are_found_by_path(database: Database, workshop: Workshop) -> None:
    await workshop.model("churn")
    first, second = await workshop.blob(b"1"), replace(await workshop.blob(b"2"), path="a/ü.bin", media_type="x/y")
    version = await workshop.version("churn", first, second)

    whole, stored = await database.scan(files.list_files, "churn", Latest())
    one = await database.read(files.find_file, "churn", Latest(), "a/ü.bin")

    assert whole == version
    assert [entry.file for entry in stored] == sorted([first, second], key=lambda file: file.path)
    assert one in stored
    assert (one.file, one.key.digest) == (second, second.digest)


@pytest.mark.parametrize(("model", "number", "error"), [("nothing", 1, ModelNotFound), ("churn", 2, VersionNotFound)])
async def test_a_file_of_what_is_not_there_is_not_found(
    database: Database, workshop: Workshop, model: str, number: int, error: type[Exception]
) -> None:
    await workshop.model("churn")
    await workshop.version("churn")

    with pytest.raises(error):
        await database.read(files.find_file, model, ByNumber(number), "a.bin")
    with pytest.raises(error):
        await database.scan(files.list_files, model, ByNumber(number))


@pytest.mark.parametrize("path", ["", "A.bin", "../a.bin", "a.bin/", "%61.bin", "\0"])
async def test_a_path_that_it_does_not_hold_is_not_found(database: Database, workshop: Workshop, path: str) -> None:
    await workshop.model("churn")
    await workshop.version("churn", replace(await workshop.blob(b"1"), path="a.bin"))

    with pytest.raises(FileNotInVersion):
        await database.read(files.find_file, "churn", ByNumber(1), path)


async def test_the_event_tells_what_was_registered(workshop: Workshop) -> None:
    await workshop.model("churn")
    version = await workshop.version("churn", await workshop.blob(b"weights"), card="# Churn", tags={"a": "b"})

    told = (await workshop.events())[-1].change

    assert (told.action, told.version, told.before) == (Action.VERSION_REGISTERED, 1, None)
    assert told.after == {
        "stage": "draft", "digest": version.digest, "size_bytes": 7, "description": "", "tags": {"a": "b"},
        "metadata": {}, "card": "# Churn",
    }  # fmt: skip


@SHARED
@given(contents(), json_objects)
async def test_whatever_is_registered_reads_back_under_its_digest(
    workshop: Workshop, content: Content, metadata: dict[str, object]
) -> None:
    model = await workshop.model()
    empty = replace(content, files=(), lineage=None)
    version = await workshop.database.write(
        publishing.register_version, ADA, model.name, VersionDraft(content=empty, metadata=metadata)  # type: ignore[arg-type]
    )

    found = await workshop.read(version)

    assert canonical_json(found.metadata) == canonical_json(metadata)  # type: ignore[arg-type]
    again = Content(params=found.params, framework=found.framework, signature=found.signature, lineage=found.lineage)
    assert seal(again.canonical_parts()) == found.digest == seal(empty.canonical_parts())


async def test_files_that_are_not_stored_are_named(database: Database, workshop: Workshop) -> None:
    await workshop.model("churn")
    stored = await workshop.blob(b"stored")

    with pytest.raises(BlobsMissing) as refusal:
        await workshop.version("churn", stored, NOWHERE, replace(NOWHERE, path="twice.bin"))

    assert refusal.value.details == {"missing": [NOWHERE.digest]}


async def test_a_file_of_another_size_is_named(workshop: Workshop) -> None:
    await workshop.model("churn")
    stored = await workshop.blob(b"stored")

    with pytest.raises(SizeMismatch) as refusal:
        await workshop.version("churn", replace(stored, path="a"), replace(stored, path="b", size_bytes=7))

    assert [error.pointer for error in refusal.value.errors] == ["/files/1/size_bytes"]


async def test_bytes_being_deleted_are_not_stored_any_more(database: Database, workshop: Workshop) -> None:
    await workshop.model("churn")
    stored = await workshop.blob(b"stored")
    await workshop.set_blob_state(stored, "deleting")

    with pytest.raises(BlobsMissing):
        await workshop.version("churn", stored)
    await workshop.blob(b"stored")
    assert (await workshop.version("churn", stored)).number == 1


async def test_a_parent_is_kept_by_its_number(workshop: Workshop) -> None:
    await workshop.model("base")
    await workshop.model("churn")
    parent = await workshop.move(await workshop.version("base"), Stage.STAGING, Stage.PRODUCTION)
    await workshop.alias(parent, "champion")

    kept = [
        (await workshop.version("churn", lineage={"run": "r", "parent": reference})).lineage
        for reference in ("base:1", "base:production", "base:latest", "base@champion")
    ]

    assert kept == [{"run": "r", "parent": "base:1"}] * 4


@pytest.mark.parametrize("parent", ["base:7", "base:production", "base@champion", "nothing:1", "base", "a/b:1", ""])
async def test_a_parent_must_be_there(workshop: Workshop, parent: str) -> None:
    await workshop.model("base")
    await workshop.model("churn")
    before = await workshop.dump()

    with pytest.raises(InvalidInput) as refusal:
        await workshop.version("churn", lineage={"parent": parent})

    assert {error.pointer for error in refusal.value.errors} == {"/lineage/parent"}
    assert await workshop.dump() == before


async def test_the_model_can_be_created_with_its_first_version(database: Database, workshop: Workshop) -> None:
    draft = version_draft(await workshop.blob(b"weights"))

    first = await database.write(publishing.register_version, ADA, "churn", draft, creates_model=True)
    second = await database.write(publishing.register_version, ADA, "churn", draft, creates_model=True)

    assert (first.number, second.number, first.model_id) == (1, 2, second.model_id)
    assert [event.change.action for event in await workshop.events()] == [
        Action.MODEL_CREATED, Action.VERSION_REGISTERED, Action.VERSION_REGISTERED,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "file", "creates_model", "error"),
    [
        ("churn", NOWHERE, True, BlobsMissing),
        ("a/b", None, True, InvalidInput),
        ("churn", None, False, ModelNotFound),
    ],
)
async def test_no_model_comes_of_a_version_that_is_refused(
    database: Database, workshop: Workshop, name: str, file: File | None, creates_model: bool, error: type[Exception]
) -> None:
    before = await workshop.dump()
    draft = version_draft(*([file] if file else []))

    with pytest.raises(error):
        await database.write(publishing.register_version, ADA, name, draft, creates_model=creates_model)
    assert await workshop.dump() == before


async def test_numbers_have_no_gaps_however_many_register_at_once(database: Database, workshop: Workshop) -> None:
    await workshop.model("churn")
    file = await workshop.blob(b"weights")
    drafts = [version_draft(NOWHERE if place % 4 == 0 else file, description=str(place)) for place in range(32)]

    answers = await asyncio.gather(
        *(database.write(publishing.register_version, ADA, "churn", draft) for draft in drafts), return_exceptions=True
    )

    registered = [answer for answer in answers if not isinstance(answer, BaseException)]
    assert sorted(version.number for version in registered) == list(range(1, 25))
    assert sum(isinstance(answer, BlobsMissing) for answer in answers) == 8
    assert {version.description for version in registered} == {str(place) for place in range(32) if place % 4}


async def test_each_model_counts_by_itself(workshop: Workshop) -> None:
    names = [(await workshop.model()).name for _ in range(4)]

    versions = await asyncio.gather(*(workshop.version(name) for name in names * 8))

    assert sorted((version.model, version.number) for version in versions) == sorted(
        (name, number) for name in names for number in range(1, 9)
    )

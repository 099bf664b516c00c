from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings

from modelyard.application.ports.database import Database
from modelyard.application.services import publishing
from modelyard.domain.errors import ModelNotFound, PreconditionFailed, VersionNotFound
from modelyard.domain.event import Action
from modelyard.domain.json_value import JsonValue, canonical_json
from modelyard.domain.model_version import VersionPatch, merged_metadata
from modelyard.domain.reference import ByNumber, Latest, Reference
from tests.factories import BOB, Workshop
from tests.fakes.clock import START, FixedClock
from tests.strategies import json_objects

ONE = ByNumber(1)
FIRST: dict[str, JsonValue] = {
    "description": "text",
    "tags": {"team": "risk", "old": "x"},
    "metadata": {"a": {"b": 1, "c": [1]}, "d": True},
    "card": "# Card",
}


@pytest.mark.parametrize(
    ("patch", "changed"),
    [
        pytest.param(VersionPatch(description="new"), {"description": "new"}, id="description"),
        pytest.param(VersionPatch(card=""), {"card": ""}, id="no card"),
        pytest.param(VersionPatch(tags={"old": None, "new": "é"}), {"tags": {"team": "risk", "new": "é"}}, id="tags"),
        pytest.param(
            VersionPatch(metadata={"a": {"b": 2, "c": None}, "e": {"f": None}}),
            {"metadata": {"a": {"b": 2}, "d": True, "e": {}}},
            id="metadata",
        ),
        pytest.param(VersionPatch(metadata={"a": None, "d": 1}), {"metadata": {"d": 1}}, id="true and 1 are different"),
        pytest.param(VersionPatch(metadata={"d": 1}), {"metadata": {**FIRST["metadata"], "d": 1}}, id="only true to 1"),  # type: ignore[dict-item]
    ],
)
async def test_a_patch_changes_what_it_names_and_tells_it(
    database: Database, workshop: Workshop, clock: FixedClock, patch: VersionPatch, changed: dict[str, Any]
) -> None:
    await workshop.model("churn")
    version = await workshop.version("churn", **FIRST)
    clock.advance(seconds=1)

    saved = await database.write(publishing.update_version, BOB, "churn", Latest(), patch, {version.tag})

    assert saved == await workshop.read(version)
    assert canonical_json({name: getattr(saved, name) for name in FIRST}) == canonical_json(FIRST | changed)
    assert (saved.revision, saved.updated_by, saved.updated_at) == (2, "bob", START + timedelta(seconds=1))
    assert (saved.digest, saved.created_by, saved.created_at) == (version.digest, "ada", START)
    told = (await workshop.events())[-1].change
    assert (told.action, told.version) == (Action.VERSION_UPDATED, 1)
    assert canonical_json([told.before, told.after]) == canonical_json(
        [{name: FIRST[name] for name in changed}, changed]
    )


@pytest.mark.parametrize(
    "patch",
    [
        VersionPatch(),
        VersionPatch(**FIRST),  # type: ignore[arg-type]
        VersionPatch(metadata={}),
        VersionPatch(metadata={"gone": None}),
        VersionPatch(metadata={"a": {"b": 1.0}}),
        VersionPatch(tags={"gone": None}),
    ],
)
async def test_a_patch_that_changes_nothing_leaves_no_trace(
    database: Database, workshop: Workshop, patch: VersionPatch
) -> None:
    await workshop.model("churn")
    version = await workshop.version("churn", **FIRST)
    before = await workshop.dump()

    assert await database.write(publishing.update_version, BOB, "churn", ONE, patch, None) == version
    assert await workshop.dump() == before


@settings(max_examples=50)
@given(json_objects, json_objects)
async def test_metadata_can_be_patched_again_and_again(
    workshop: Workshop, first: dict[str, Any], patch: dict[str, Any]
) -> None:
    model = await workshop.model()
    version = await workshop.version(model.name, metadata=first)

    for _ in range(2):
        version = await workshop.database.write(
            publishing.update_version, BOB, model.name, ONE, VersionPatch(metadata=patch), None
        )

    assert canonical_json(version.metadata) == canonical_json(merged_metadata(first, patch))


async def test_a_change_is_held_against_the_state_that_its_maker_saw(database: Database, workshop: Workshop) -> None:
    await workshop.model("churn")
    seen = await workshop.version("churn")
    await database.write(publishing.update_version, BOB, "churn", ONE, VersionPatch(card="first"), {seen.tag})
    before = await workshop.dump()

    with pytest.raises(PreconditionFailed):
        await database.write(publishing.update_version, BOB, "churn", ONE, VersionPatch(card="second"), {seen.tag})
    assert await workshop.dump() == before


@pytest.mark.parametrize(
    ("model", "reference", "error"),
    [("nothing", ONE, ModelNotFound), ("churn", ByNumber(2), VersionNotFound), ("churn", Latest(), VersionNotFound)],
)
async def test_what_is_not_there_is_not_changed(
    database: Database, workshop: Workshop, model: str, reference: Reference, error: type[Exception]
) -> None:
    await workshop.model("churn")

    with pytest.raises(error):
        await database.write(publishing.update_version, BOB, model, reference, VersionPatch(card="x"), None)

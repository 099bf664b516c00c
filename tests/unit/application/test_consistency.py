from collections.abc import Mapping
from typing import Any

import pytest
from sqlalchemy import delete, update

from modelyard.application.ports.database import Database
from modelyard.application.services import catalog
from modelyard.application.services.verification import Fault, Scope, Verification
from modelyard.domain.model_version import ModelVersion
from modelyard.infrastructure.blobs.in_memory import InMemoryBlobStore
from modelyard.infrastructure.database.tables import events, version_files, versions
from tests.factories import ADA, Workshop, execute

CONTENT: Mapping[str, Any] = {
    "params": {"rate": 0.1, "depth": 8.0, "é": [1, None, True]},
    "framework": {"name": "scikit-learn", "version": "1.9"},
    "signature": {"inputs": [{"name": "age", "dtype": "float64", "shape": [-1]}]},
    "lineage": {"run": "4711"},
}


async def findings(database: Database) -> list[tuple[Fault, str, str]]:
    """What is wrong, but for the files, of which there are none in the store."""
    report = await Verification(database, InMemoryBlobStore()).run(Scope(has_events=True))
    return [(one.fault, one.subject, one.detail) for one in report.findings if one.fault != Fault.MISSING_FILE]


@pytest.fixture(autouse=True)
async def first(workshop: Workshop) -> ModelVersion:
    """The first version of `churn`, with content of every kind. There is a second, and another model with one."""
    await workshop.model("churn")
    await workshop.model("fraud")
    files = [await workshop.blob(content) for content in (b"one", b"other")]
    first = await workshop.version("churn", *files, **CONTENT)
    await workshop.version("churn")
    await workshop.measure(first, "auc", 0.9)
    await workshop.version("fraud", *files)
    return first


async def change_version(database: Database, version: ModelVersion, **values: Any) -> None:
    """Edit a row as someone with the database in their hands would."""
    await database.write(execute, update(versions).where(versions.c.id == version.id).values(values))


async def change_event(database: Database, sequence: int, **values: Any) -> None:
    await database.write(execute, update(events).where(events.c.sequence == sequence).values(values))


async def broken_histories(database: Database) -> list[tuple[str, str]]:
    found = await findings(database)
    assert {fault for fault, _, _ in found} <= {Fault.BROKEN_HISTORY}
    return [(subject, detail) for _, subject, detail in found]


async def test_what_nobody_touched_agrees_with_itself(database: Database) -> None:
    await database.write(catalog.delete_model, ADA, "fraud", None, is_forced=True)
    assert await findings(database) == []


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("params", '{"rate":0.2}'),
        ("framework", "null"),
        ("signature", "{}"),
        ("lineage", '{"run":"4712"}'),
        ("files", "[]"),
        ("digest", "sha256:" + "0" * 64),
    ],
)
async def test_an_edit_of_sealed_content_shows(
    database: Database, first: ModelVersion, column: str, value: str
) -> None:
    await change_version(database, first, **{column: value})
    [(fault, subject, detail)] = await findings(database)
    assert (fault, subject) == (Fault.WRONG_MANIFEST, "churn:1")
    assert "its content has the digest" in detail


async def test_what_may_change_is_not_sealed(database: Database, first: ModelVersion) -> None:
    await change_version(database, first, description="another", card="another", metadata='{"a":1}')
    assert await findings(database) == []


async def test_a_version_that_cannot_be_read_hides_no_other(database: Database, first: ModelVersion) -> None:
    await change_version(database, first, params="{")
    assert await findings(database) == [(Fault.WRONG_MANIFEST, "churn:1", "it cannot be read: JSONDecodeError")]


async def test_a_reference_to_other_bytes_shows(database: Database, first: ModelVersion, workshop: Workshop) -> None:
    other = await workshop.blob(b"swapped")
    blob = (await database.write(lambda tx: tx.blobs.live([other.digest])))[other.digest]
    [path, _] = [str(file["path"]) for file in first.files]
    of_file = (version_files.c.version_id == first.id, version_files.c.path == path)
    await database.write(execute, update(version_files).where(*of_file).values(blob_id=blob.id))
    [(fault, subject, detail)] = await findings(database)
    assert (fault, subject) == (Fault.WRONG_MANIFEST, "churn:1")
    assert "not those it sealed" in detail

    await database.write(execute, delete(version_files).where(*of_file))
    assert [subject for _, subject, _ in await findings(database)] == ["churn:1"]


# The events: 1 and 2 make the models (registry), 3 and 4 register in churn, 5 measures there, 6 registers in fraud.
@pytest.mark.parametrize(
    ("sequence", "values", "subject"),
    [
        (1, {"actor": "eve"}, "registry"),
        (3, {"after": '{"stage":"production"}'}, "churn"),
        (4, {"at_ms": 0}, "churn"),
        (5, {"reason": "because"}, "churn"),
        (6, {"version": 7}, "fraud"),
    ],
)
async def test_an_edit_of_the_past_shows_at_its_event(
    database: Database, sequence: int, values: dict[str, Any], subject: str
) -> None:
    await change_event(database, sequence, **values)
    [(named, detail)] = await broken_histories(database)
    assert named == subject
    assert detail == f"event {sequence} was changed: its hash is not that of its content"


async def test_only_the_first_broken_link_of_a_chain_is_named(database: Database) -> None:
    for sequence in (3, 4, 5, 6):
        await change_event(database, sequence, actor="eve")
    assert [(subject, detail.split()[1]) for subject, detail in await broken_histories(database)] == [
        ("churn", "3"),
        ("fraud", "6"),
    ]


async def test_an_event_that_was_cut_out_shows(database: Database) -> None:
    await database.write(execute, delete(events).where(events.c.sequence == 4))
    assert await broken_histories(database) == [("churn", "event 5 has position 3, where 2 comes next")]


async def test_an_event_with_a_hash_that_was_made_to_fit_breaks_the_next_link(database: Database) -> None:
    await change_event(database, 4, hash="sha256:" + "0" * 64)
    await change_event(database, 5, previous_hash="sha256:" + "1" * 64)
    [(_, detail)] = await broken_histories(database)
    assert detail.startswith("event 4 was changed")


async def test_a_link_that_leads_elsewhere_shows(database: Database) -> None:
    await change_event(database, 5, previous_hash="sha256:" + "1" * 64)
    assert await broken_histories(database) == [("churn", "event 5 does not follow the event before it")]


async def test_an_event_that_is_no_json_any_more_is_one_that_was_changed(database: Database) -> None:
    await change_event(database, 5, after="{")
    assert await broken_histories(database) == [("churn", "event 5 was changed: its hash is not that of its content")]


async def test_an_event_that_cannot_be_read_ends_the_proof_and_says_so(database: Database) -> None:
    await change_event(database, 5, at_ms=2**62)
    assert await broken_histories(database) == [
        ("registry", "the event after sequence 4 cannot be read; those after it were not checked")
    ]

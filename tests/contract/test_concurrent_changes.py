"""What must hold when changes meet: on each database as if they had come one after the other."""

import asyncio
from collections.abc import Awaitable, Iterable
from datetime import timedelta

from modelyard.application.ports.answers import Answer
from modelyard.application.ports.database import Database, Transaction
from modelyard.application.services import aliasing, catalog, promotion, publishing
from modelyard.application.services.idempotency import Ticket, answer_once
from modelyard.application.services.transfer import Transfer
from modelyard.domain.digest import digest_of
from modelyard.domain.errors import IdempotencyConflict, ModelExists, ModelNotFound, OffsetConflict, UploadBusy
from modelyard.domain.event import Action, Event
from modelyard.domain.lifecycle import Stage
from modelyard.domain.reference import ByNumber
from modelyard.domain.registered_model import ModelPatch
from modelyard.infrastructure.blobs.in_memory import InMemoryBlobStore
from tests.factories import ADA, BOB, Workshop, add_blob, model_draft, version_draft
from tests.unit.application.transfers import LIMITS, sent

MANY = 24


async def outcomes(changes: Iterable[Awaitable[object]]) -> list[object]:
    """What became of each; an error is an outcome."""
    return list(await asyncio.gather(*changes, return_exceptions=True))


def kinds(found: Iterable[object]) -> set[type]:
    return {type(outcome) for outcome in found}


def check_chains(events: list[Event]) -> None:
    """Each chain counts from 1, and each event names the hash before it."""
    heads: dict[int, Event] = {}
    for event in events:
        before = heads.get(event.change.chain)
        assert event.position == (before.position + 1 if before else 1)
        assert event.previous_hash == (before.hash if before else None)
        heads[event.change.chain] = event


def in_chains(events: list[Event]) -> list[Event]:
    """Sequences are given before a commit, so only positions tell the order within a chain."""
    return sorted(events, key=lambda event: (event.change.chain, event.position))


async def test_versions_are_numbered_without_a_gap_also_by_those_who_make_the_model(
    database: Database, workshop: Workshop
) -> None:
    def register(tx: Transaction) -> int:
        return publishing.register_version(tx, ADA, "churn", version_draft(), creates_model=True).number

    numbers = await asyncio.gather(*(database.write(register) for _ in range(MANY)))

    assert sorted(numbers) == list(range(1, MANY + 1))
    events = await workshop.events()
    check_chains(in_chains(events))
    assert [event.change.action for event in events].count(Action.MODEL_CREATED) == 1


async def test_one_version_is_in_production_however_many_are_promoted(database: Database, workshop: Workshop) -> None:
    await workshop.model("churn")
    versions = [await workshop.move(await workshop.version("churn"), Stage.STAGING) for _ in range(8)]
    change = promotion.StageChange(to_stage=Stage.PRODUCTION)

    moved = await asyncio.gather(
        *(database.write(promotion.change_stage, ADA, "churn", ByNumber(v.number), change) for v in versions)
    )

    model = await database.read(catalog.read_model, "churn")
    assert len(model.production) == 1
    archived = [number for transition in moved for number in transition.archived]
    assert sorted([*archived, *model.production]) == [version.number for version in versions]
    check_chains(in_chains(await workshop.events()))


async def test_of_those_who_promote_from_the_same_stage_one_succeeds(database: Database, workshop: Workshop) -> None:
    await workshop.model("churn")
    await workshop.version("churn")
    change = promotion.StageChange(from_stage=Stage.DRAFT, to_stage=Stage.STAGING)

    found = await outcomes(
        database.write(promotion.change_stage, ADA, "churn", ByNumber(1), change) for _ in range(MANY)
    )

    assert [type(outcome) for outcome in found].count(promotion.Transition) == 1


async def test_an_alias_moves_from_where_it_was(database: Database, workshop: Workshop) -> None:
    await workshop.model("churn")
    for _ in range(6):
        await workshop.version("churn")

    await asyncio.gather(
        *(
            database.write(aliasing.point_alias, ADA, "churn", "champion", ByNumber(1 + place % 6), None)
            for place in range(MANY)
        )
    )

    moves = [event for event in in_chains(await workshop.events()) if event.change.action is Action.ALIAS_MOVED]
    held = None
    for move in moves:
        assert move.change.before == {"alias": "champion", "version": held, "protected": False}
        held = (move.change.after or {})["version"]
    alias = await database.read(aliasing.read_alias, "churn", "champion")
    assert (alias.version, alias.revision) == (held, len(moves))


async def test_changes_of_one_model_all_stay(database: Database, workshop: Workshop) -> None:
    await workshop.model("churn", tags={})
    patches = [ModelPatch(description=None, tags={str(place): "set"}) for place in range(MANY)]

    await asyncio.gather(*(database.write(catalog.update_model, ADA, "churn", patch, None) for patch in patches))

    model = await database.read(catalog.read_model, "churn")
    assert model.tags == {str(place): "set" for place in range(MANY)}
    assert model.revision == MANY + 1


async def test_models_appear_are_renamed_and_go_in_one_chain(database: Database, workshop: Workshop) -> None:
    names = [f"model {place}" for place in range(MANY)]
    await asyncio.gather(*(workshop.model(name) for name in names))

    await asyncio.gather(
        *(database.write(catalog.rename_model, ADA, name, f"{name} too", None) for name in names[::2]),
        *(database.write(catalog.delete_model, ADA, name, None, is_forced=False) for name in names[1::2]),
    )

    events = in_chains(await workshop.events())
    assert [event.position for event in events] == list(range(1, 2 * MANY + 1))
    check_chains(events)


async def test_of_those_who_want_a_name_one_gets_it(database: Database, workshop: Workshop) -> None:
    others = [await workshop.model() for _ in range(6)]

    found = await outcomes(
        [
            *(database.write(catalog.create_model, ADA, model_draft(name="churn")) for _ in range(6)),
            *(database.write(catalog.rename_model, BOB, other.name, "churn", None) for other in others),
        ]
    )

    refused = [outcome for outcome in found if isinstance(outcome, BaseException)]
    assert (len(refused), kinds(refused)) == (11, {ModelExists})
    check_chains(in_chains(await workshop.events()))


async def test_two_models_that_swap_names_are_refused(database: Database, workshop: Workshop) -> None:
    await workshop.model("a")
    await workshop.model("b")

    for _ in range(6):
        found = await outcomes(
            [
                database.write(catalog.rename_model, ADA, "a", "b", None),
                database.write(catalog.rename_model, ADA, "b", "a", None),
            ]
        )
        assert kinds(found) == {ModelExists}


async def test_a_version_is_registered_before_its_model_goes_or_not_at_all(
    database: Database, workshop: Workshop
) -> None:
    for place in range(8):
        name = f"model {place}"
        await workshop.model(name)
        register = [database.write(publishing.register_version, ADA, name, version_draft()) for _ in range(4)]
        deletion = database.write(catalog.delete_model, ADA, name, None, is_forced=True)
        found = await outcomes([register[0], register[1], deletion, register[2], register[3]])

        refused = [outcome for outcome in found if isinstance(outcome, BaseException)]
        assert kinds(refused) <= {ModelNotFound}
        assert found[2] == 0

    assert (await workshop.dump())["versions"] == []
    check_chains(in_chains(await workshop.events()))


def ticket(fingerprint: str) -> Ticket:
    return Ticket(principal=ADA, key="key", fingerprint=fingerprint, ttl=timedelta(hours=1))


def create_once(tx: Transaction, fingerprint: str) -> tuple[int, bool]:
    def act(tx: Transaction) -> Answer:
        model = catalog.create_model(tx, ADA, model_draft())
        return Answer(status=201, headers={}, body=str(model.id).encode())

    answer, is_replay = answer_once(tx, ticket(fingerprint), act)
    return int(answer.body), is_replay


async def test_who_repeats_a_request_waits_for_the_first_answer(database: Database, workshop: Workshop) -> None:
    answers = await asyncio.gather(*(database.write(create_once, "same") for _ in range(MANY)))

    assert len({model_id for model_id, _ in answers}) == 1
    assert sorted(is_replay for _, is_replay in answers) == [False] + [True] * (MANY - 1)
    assert len((await workshop.dump())["models"]) == 1


async def test_of_those_who_use_a_key_for_different_requests_one_is_answered(
    database: Database, workshop: Workshop
) -> None:
    found = await outcomes(database.write(create_once, str(place)) for place in range(MANY))

    assert [type(outcome) for outcome in found].count(IdempotencyConflict) == MANY - 1
    assert len((await workshop.dump())["models"]) == 1


async def test_an_upload_grows_by_what_was_acknowledged(database: Database) -> None:
    transfer = Transfer(database, InMemoryBlobStore(), LIMITS)
    upload = await database.write(transfer.begin, ADA, 100, None)

    async def byte() -> int:
        offset = (await transfer.find(upload.id)).offset_bytes
        return await transfer.append(upload.id, offset, sent(b"x"))

    found = [outcome for _ in range(6) for outcome in await outcomes(byte() for _ in range(8))]

    acknowledged = [outcome for outcome in found if isinstance(outcome, int)]
    assert kinds(found) <= {int, UploadBusy, OffsetConflict}
    assert sorted(acknowledged) == list(range(1, len(acknowledged) + 1))
    assert (await transfer.find(upload.id)).offset_bytes == len(acknowledged)


async def test_the_same_bytes_recorded_by_many_are_one_blob(database: Database, workshop: Workshop) -> None:
    await asyncio.gather(*(database.write(add_blob, b"the same") for _ in range(MANY)))

    assert len((await workshop.dump())["blobs"]) == 1


async def test_who_asks_for_blobs_in_another_order_waits_for_nobody_in_vain(
    database: Database, workshop: Workshop
) -> None:
    files = [await workshop.blob(str(place).encode()) for place in range(8)]
    digests = [digest_of(str(place).encode()) for place in range(8)]
    await workshop.model("churn")
    backwards = list(reversed(digests))

    await asyncio.gather(
        *(
            database.write(lambda tx, wanted: len(tx.blobs.renew(wanted, tx.now)), wanted)
            for wanted in [digests, backwards] * 8
        ),
        *(workshop.version("churn", *files) for _ in range(8)),
    )

    assert (await database.read(catalog.read_model, "churn")).latest_version == 8

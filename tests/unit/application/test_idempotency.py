import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from modelyard.application.ports.answers import Answer
from modelyard.application.ports.database import Database, Transaction
from modelyard.application.services import catalog
from modelyard.application.services.idempotency import Ticket, answer_once
from modelyard.domain.errors import IdempotencyConflict, ModelExists
from tests.factories import ADA, BOB, Workshop, model_draft
from tests.fakes.clock import FixedClock

TICKET = Ticket(principal=ADA, key="key-1", fingerprint="f00d", ttl=timedelta(hours=24))


def creating(name: str) -> Callable[[Transaction], Answer]:
    """Creates a model, and answers with what no other creation answers."""

    def act(tx: Transaction) -> Answer:
        model = catalog.create_model(tx, ADA, model_draft(name=name))
        headers = {"ETag": f'"{model.tag}"', "Location": "/é"}
        return Answer(status=201, headers=headers, body=f"{name}\0\xff".encode())

    return act


async def test_the_first_answer_is_given_again(database: Database, workshop: Workshop) -> None:
    first, is_first_replay = await database.write(answer_once, TICKET, creating("churn"))
    before = await workshop.dump()

    again, is_replay = await database.write(answer_once, TICKET, creating("churn"))

    assert (is_first_replay, is_replay) == (False, True)
    assert again == first
    assert await workshop.dump() == before


async def test_without_a_key_each_request_acts(database: Database) -> None:
    assert (await database.write(answer_once, None, creating("churn")))[1] is False

    with pytest.raises(ModelExists):
        await database.write(answer_once, None, creating("churn"))


async def test_the_same_key_for_another_request_is_refused(database: Database, workshop: Workshop) -> None:
    await database.write(answer_once, TICKET, creating("churn"))
    before = await workshop.dump()

    with pytest.raises(IdempotencyConflict):
        await database.write(answer_once, replace(TICKET, fingerprint="beef"), creating("fraud"))
    assert await workshop.dump() == before


async def test_a_key_is_its_makers_own(database: Database) -> None:
    await database.write(answer_once, TICKET, creating("churn"))

    _, is_replay = await database.write(answer_once, replace(TICKET, principal=BOB), creating("fraud"))

    assert not is_replay


async def test_a_refusal_is_not_remembered(database: Database, workshop: Workshop) -> None:
    await workshop.model("churn")
    before = await workshop.dump()
    with pytest.raises(ModelExists):
        await database.write(answer_once, TICKET, creating("churn"))
    assert await workshop.dump() == before

    _, is_replay = await database.write(answer_once, replace(TICKET, fingerprint="beef"), creating("fraud"))

    assert not is_replay


async def test_an_answer_is_remembered_for_its_time(database: Database, clock: FixedClock) -> None:
    await database.write(answer_once, TICKET, creating("first"))

    clock.advance(hours=24, milliseconds=-1)
    assert (await database.write(answer_once, TICKET, creating("second")))[1] is True

    clock.advance(milliseconds=1)
    other = replace(TICKET, fingerprint="beef")
    answer, is_replay = await database.write(answer_once, other, creating("third"))
    assert (is_replay, answer.body) == (False, "third\0\xff".encode())
    assert (await database.write(answer_once, other, creating("fourth"))) == (answer, True)


async def test_expired_answers_do_not_pile_up(database: Database, workshop: Workshop, clock: FixedClock) -> None:
    for place in range(50):
        await database.write(answer_once, replace(TICKET, key=str(place)), creating(f"model {place}"))
    clock.advance(hours=25)

    for place in range(3):
        await database.write(answer_once, replace(TICKET, key=f"new {place}"), creating(f"new {place}"))

    assert {row[1] for row in (await workshop.dump())["answers"]} == {"new 0", "new 1", "new 2"}


async def test_of_many_requests_under_one_key_one_acts(database: Database, workshop: Workshop) -> None:
    answers = await asyncio.gather(
        *(database.write(answer_once, TICKET, creating(f"model {place}")) for place in range(32))
    )

    assert sorted(is_replay for _, is_replay in answers) == [False] + [True] * 31
    assert len({answer.body for answer, _ in answers}) == 1
    assert len((await workshop.dump())["models"]) == 1

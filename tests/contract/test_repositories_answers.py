from datetime import timedelta

import pytest

from modelyard.application.ports.answers import Answer, RememberedAnswer
from modelyard.application.ports.database import Database, Transaction
from modelyard.domain.errors import IdempotencyConflict
from tests.factories import Workshop
from tests.fakes.clock import FixedClock

DAY = timedelta(days=1)


def remember(tx: Transaction, key: str, fingerprint: str = "f00d") -> None:
    answer = Answer(status=201, headers={"Location": "/é"}, body=b"\0\xff")
    remembered = RememberedAnswer(fingerprint=fingerprint, answer=answer)
    tx.answers.remember("ada", key, remembered, at=tx.now, expires_at=tx.now + DAY)


async def test_an_answer_is_kept_byte_for_byte(database: Database) -> None:
    await database.write(remember, "key")

    found = await database.read(lambda tx: tx.answers.find("ada", "key", at=tx.now))

    assert found is not None
    assert (found.fingerprint, found.answer.status) == ("f00d", 201)
    assert (found.answer.headers, found.answer.body) == ({"Location": "/é"}, b"\0\xff")


@pytest.mark.parametrize(("principal", "key"), [("bob", "key"), ("ada", "KEY"), ("ada", "key "), ("ada", "")])
async def test_another_key_or_another_persons_finds_nothing(database: Database, principal: str, key: str) -> None:
    await database.write(remember, "key")

    assert await database.read(lambda tx: tx.answers.find(principal, key, at=tx.now)) is None


async def test_who_remembers_second_is_refused(database: Database, workshop: Workshop) -> None:
    await database.write(remember, "key")
    before = await workshop.dump()

    with pytest.raises(IdempotencyConflict):
        await database.write(remember, "key", "beef")
    assert await workshop.dump() == before


async def test_expired_answers_go_some_at_a_time(database: Database, clock: FixedClock) -> None:
    for number in range(5):
        await database.write(remember, f"key-{number}")
    clock.advance(days=1, milliseconds=-1)
    assert await database.scan(lambda tx: tx.answers.expired(at=tx.now)) == 0
    assert await database.sweep(lambda tx: tx.answers.expire(at=tx.now, limit=9)) == 0

    clock.advance(milliseconds=1)
    assert await database.scan(lambda tx: tx.answers.expired(at=tx.now)) == 5
    gone = [await database.sweep(lambda tx: tx.answers.expire(at=tx.now, limit=3)) for _ in range(3)]
    assert gone == [3, 2, 0]

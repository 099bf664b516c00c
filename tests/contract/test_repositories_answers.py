from datetime import timedelta

import pytest

from modelyard.application.ports.answers import Answer, RememberedAnswer
from modelyard.application.ports.database import Database, Transaction
from modelyard.domain.errors import IdempotencyConflict
from tests.factories import Workshop

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

"""Where aliases point and whether they are protected, as both databases keep it."""

from datetime import UTC, datetime

from sqlalchemy import insert

from modelyard.application.ports.database import Database, Transaction
from modelyard.infrastructure.database.tables import aliases
from tests.factories import Workshop, execute

AT = datetime(2026, 1, 31, 12, tzinfo=UTC)


async def test_an_alias_is_kept_with_its_protection(database: Database, workshop: Workshop) -> None:
    model = await workshop.model("churn")
    for _ in range(2):
        await workshop.version("churn")

    def point(tx: Transaction, name: str, number: int, is_protected: bool) -> None:
        tx.aliases.point(model.id, name, number, is_protected=is_protected, by="ana", at=AT)

    for name, number, is_protected in (("b", 1, False), ("a", 2, True), ("b", 2, True), ("a", 2, False)):
        await database.write(point, name, number, is_protected)

    listed = await database.read(lambda tx: tx.aliases.of_model(model.id))
    told = [(one.name, one.version, one.is_protected, one.revision, one.updated_by, one.updated_at) for one in listed]
    assert told == [("a", 2, False, 2, "ana", AT), ("b", 2, True, 2, "ana", AT)]
    assert await database.read(lambda tx: tx.aliases.find(model.id, "b")) == listed[1]
    assert await database.read(lambda tx: tx.aliases.find(model.id, "c")) is None
    await database.write(lambda tx: tx.aliases.delete(model.id, "b"))
    assert [one.name for one in await database.read(lambda tx: tx.aliases.of_model(model.id))] == ["a"]


async def test_a_row_that_says_nothing_of_protection_has_none(database: Database, workshop: Workshop) -> None:
    model = await workshop.model("churn")
    version = await workshop.version("churn")
    row = {"model_id": model.id, "name": "a", "version_id": version.id}

    await database.write(execute, insert(aliases).values(**row, updated_at_ms=0, updated_by="ana", revision=1))

    (alias,) = await database.read(lambda tx: tx.aliases.of_model(model.id))
    assert alias.is_protected is False

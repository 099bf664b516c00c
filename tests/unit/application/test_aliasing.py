import asyncio
from collections.abc import Callable

import pytest

from modelyard.application.ports.aliases import Alias
from modelyard.application.ports.database import Database
from modelyard.application.services import aliasing, publishing
from modelyard.application.services.precondition import ABSENT
from modelyard.domain.errors import AliasNotFound, InvalidInput, ModelNotFound, PreconditionFailed, VersionNotFound
from modelyard.domain.event import Action
from modelyard.domain.reference import ByAlias, ByNumber, Latest
from tests.factories import BOB, Workshop
from tests.fakes.clock import START, FixedClock


@pytest.fixture(autouse=True)
async def two_versions(workshop: Workshop) -> None:
    await workshop.model("churn")
    await workshop.version("churn")
    await workshop.version("churn")


async def point(database: Database, name: str, number: int, *expected: str) -> tuple[Alias, bool]:
    return await database.write(
        aliasing.point_alias, BOB, "churn", name, ByNumber(number), set(expected) if expected else None
    )


async def number_at(database: Database, name: str) -> int:
    return (await database.read(publishing.read_version, "churn", ByAlias(name))).number


async def test_an_alias_points_to_a_version(database: Database) -> None:
    alias, is_new = await point(database, "champion", 1)

    assert is_new
    assert alias == await database.read(aliasing.read_alias, "churn", "champion")
    assert (alias.model, alias.name, alias.version, alias.revision) == ("churn", "champion", 1, 1)
    assert (alias.updated_by, alias.updated_at, alias.is_protected) == ("bob", START, False)
    found = await database.read(publishing.read_version, "churn", ByAlias("champion"))
    assert (found.number, found.aliases, found.revision) == (1, ("champion",), 2)


async def test_an_alias_moves_at_once(database: Database) -> None:
    first, _ = await point(database, "champion", 1)

    moved, is_new = await point(database, "champion", 2, first.tag)

    assert (moved.version, moved.revision, is_new) == (2, 2, False)
    left, entered = [await database.read(publishing.read_version, "churn", ByNumber(number)) for number in (1, 2)]
    assert (left.aliases, entered.aliases) == ((), ("champion",))
    assert (left.revision, entered.revision) == (3, 2)


async def test_pointing_it_where_it_points_already_leaves_no_trace(database: Database, workshop: Workshop) -> None:
    first, _ = await point(database, "champion", 1)
    before = await workshop.dump()

    assert await point(database, "champion", 1) == (first, False)
    assert await workshop.dump() == before


async def test_a_version_has_any_number_of_aliases_and_they_are_listed_by_name(database: Database) -> None:
    for name in ("b", "C", "a"):
        await point(database, name, 1)

    listed = await database.read(aliasing.list_aliases, "churn")

    assert [alias.name for alias in listed] == ["C", "a", "b"]
    assert (await database.read(publishing.read_version, "churn", ByNumber(1))).aliases == ("C", "a", "b")


async def test_aliases_are_case_sensitive_and_each_models_own(database: Database, workshop: Workshop) -> None:
    await workshop.model("fraud")
    await workshop.alias(await workshop.version("fraud"), "champion")
    await point(database, "champion", 1)
    await point(database, "Champion", 2)

    assert [await number_at(database, name) for name in ("champion", "Champion")] == [1, 2]


async def test_a_deleted_alias_is_gone_and_its_version_stays(database: Database) -> None:
    alias, _ = await point(database, "champion", 1)

    await database.write(aliasing.delete_alias, BOB, "churn", "champion", {alias.tag})

    with pytest.raises(AliasNotFound):
        await database.read(aliasing.read_alias, "churn", "champion")
    with pytest.raises(VersionNotFound):
        await number_at(database, "champion")
    assert (await database.read(publishing.read_version, "churn", ByNumber(1))).revision == 3


async def test_an_alias_made_anew_never_has_the_tag_of_the_old_one(database: Database, clock: FixedClock) -> None:
    old, _ = await point(database, "champion", 1)
    await database.write(aliasing.delete_alias, BOB, "churn", "champion", None)
    clock.advance(milliseconds=1)

    assert (await point(database, "champion", 2))[0].tag != old.tag


async def test_each_move_is_told_by_one_event(database: Database, workshop: Workshop) -> None:
    count = len(await workshop.events())
    for number in (1, 1, 2):
        await point(database, "champion", number)
    await database.write(aliasing.delete_alias, BOB, "churn", "champion", None)

    told = [event.change for event in (await workshop.events())[count:]]
    nowhere, first, second = ({"alias": "champion", "version": at, "protected": False} for at in (None, 1, 2))
    assert [(e.action, e.version, e.before, e.after) for e in told] == [
        (Action.ALIAS_MOVED, 1, nowhere, first),
        (Action.ALIAS_MOVED, 2, first, second),
        (Action.ALIAS_DELETED, 2, second, nowhere),
    ]


async def test_of_many_who_make_the_same_alias_anew_one_succeeds(database: Database) -> None:
    answers = await asyncio.gather(
        *(point(database, "champion", 1 + place % 2, ABSENT) for place in range(16)), return_exceptions=True
    )

    assert sum(isinstance(answer, tuple) for answer in answers) == 1
    assert sum(isinstance(answer, PreconditionFailed) for answer in answers) == 15


REFUSED: dict[str, tuple[Callable[..., object], type[Exception]]] = {
    "a bad name": (lambda tx: aliasing.point_alias(tx, BOB, "churn", "a b", ByNumber(1), None), InvalidInput),
    "no such model": (lambda tx: aliasing.point_alias(tx, BOB, "nothing", "a", Latest(), None), ModelNotFound),
    "no such version": (lambda tx: aliasing.point_alias(tx, BOB, "churn", "a", ByNumber(3), None), VersionNotFound),
    "exists already": (
        lambda tx: aliasing.point_alias(tx, BOB, "churn", "held", Latest(), {ABSENT}),
        PreconditionFailed,
    ),
    "changed": (lambda tx: aliasing.point_alias(tx, BOB, "churn", "held", Latest(), {"0-0"}), PreconditionFailed),
    "gone": (lambda tx: aliasing.point_alias(tx, BOB, "churn", "new", Latest(), {"1-1"}), PreconditionFailed),
    "deletion: changed": (lambda tx: aliasing.delete_alias(tx, BOB, "churn", "held", {"1-1"}), PreconditionFailed),
    "deletion: gone": (lambda tx: aliasing.delete_alias(tx, BOB, "churn", "new", None), AliasNotFound),
    "deletion: no model": (lambda tx: aliasing.delete_alias(tx, BOB, "nothing", "held", None), ModelNotFound),
}


@pytest.mark.parametrize(("change", "error"), REFUSED.values(), ids=REFUSED)
async def test_a_refused_change_leaves_no_trace(
    database: Database, workshop: Workshop, change: Callable[..., object], error: type[Exception]
) -> None:
    await point(database, "held", 1)
    before = await workshop.dump()

    with pytest.raises(error):
        await database.write(change)
    assert await workshop.dump() == before

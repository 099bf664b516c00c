"""Aliases that only those with the right to may move, take away, or make free again."""

from collections.abc import Callable

import pytest

from modelyard.application.ports.aliases import Alias
from modelyard.application.ports.database import Database, Transaction
from modelyard.application.services import aliasing, publishing
from modelyard.domain.access_errors import PermissionDenied
from modelyard.domain.errors import PreconditionFailed
from modelyard.domain.event import Action
from modelyard.domain.permission import Permission
from modelyard.domain.reference import ByAlias, ByNumber
from tests.factories import BOB, Workshop


@pytest.fixture(autouse=True)
async def two_versions(workshop: Workshop) -> None:
    await workshop.model("churn")
    await workshop.version("churn")
    await workshop.version("churn")


def point(tx: Transaction, number: int, is_protected: bool | None = None, *, has_right: bool = False) -> Alias:
    alias, _ = aliasing.point_alias(
        tx,
        BOB,
        "churn",
        "champion",
        ByNumber(number),
        None,
        is_protected=is_protected,
        may_move_protected=has_right,
        reason="tried",
    )
    return alias


def delete(tx: Transaction, *, has_right: bool = False) -> None:
    aliasing.delete_alias(tx, BOB, "churn", "champion", None, may_move_protected=has_right)


async def test_who_may_move_an_alias_may_protect_it_when_it_is_made_or_later(database: Database) -> None:
    assert (await database.write(point, 1, True)).is_protected
    await database.write(delete, has_right=True)

    made = await database.write(point, 1)
    protected = await database.write(point, 1, True)

    assert (made.is_protected, protected.is_protected) == (False, True)
    assert (protected.version, protected.revision, protected.tag == made.tag) == (1, 2, False)
    assert protected == await database.read(aliasing.read_alias, "churn", "champion")
    assert [protected] == list(await database.read(aliasing.list_aliases, "churn"))


async def test_an_alias_can_be_moved_and_protected_at_once(database: Database, workshop: Workshop) -> None:
    await database.write(point, 1)
    count = len(await workshop.events())

    moved = await database.write(point, 2, True)

    (event,) = (await workshop.events())[count:]
    assert (moved.version, moved.is_protected) == (2, True)
    assert event.change.action is Action.ALIAS_MOVED
    assert event.change.before == {"alias": "champion", "version": 1, "protected": False}
    assert event.change.after == {"alias": "champion", "version": 2, "protected": True}


REFUSED: dict[str, Callable[[Transaction], object]] = {
    "moving it": lambda tx: point(tx, 2),
    "moving it as it is": lambda tx: point(tx, 2, True),
    "moving it and lifting": lambda tx: point(tx, 2, False),
    "lifting": lambda tx: point(tx, 1, False),
    "deleting it": delete,
}


@pytest.mark.parametrize("change", REFUSED.values(), ids=REFUSED)
async def test_without_the_right_a_protected_one_stays_as_it_is(
    database: Database, workshop: Workshop, change: Callable[[Transaction], object]
) -> None:
    await database.write(point, 1, True)
    before = await workshop.dump()

    with pytest.raises(PermissionDenied, match="churn@champion is protected") as refused:
        await database.write(change)

    assert refused.value.details == {"permission": Permission.ALIASES_PROTECTED.value}
    assert "approver" in refused.value.hint
    assert await workshop.dump() == before


@pytest.mark.parametrize("is_protected", [None, True])
async def test_what_is_there_already_needs_no_right_and_leaves_no_trace(
    database: Database, workshop: Workshop, is_protected: bool | None
) -> None:
    held = await database.write(point, 1, True)
    before = await workshop.dump()

    assert await database.write(point, 1, is_protected) == held
    assert await workshop.dump() == before


async def test_with_the_right_it_moves_and_stays_protected_until_that_is_lifted(database: Database) -> None:
    await database.write(point, 1, True)

    moved = await database.write(point, 2, has_right=True)
    assert (moved.version, moved.is_protected, moved.revision) == (2, True, 2)
    lifted = await database.write(point, 2, False, has_right=True)
    assert (lifted.version, lifted.is_protected, lifted.revision) == (2, False, 3)
    assert (await database.write(point, 1)).version == 1


async def test_one_that_is_made_anew_is_not_protected(database: Database) -> None:
    await database.write(point, 1, True)
    await database.write(delete, has_right=True)

    assert not (await database.write(point, 1)).is_protected


async def test_a_change_of_protection_is_an_event_of_its_own_and_no_change_of_the_version(
    database: Database, workshop: Workshop
) -> None:
    await database.write(point, 1)
    version = await database.read(publishing.read_version, "churn", ByAlias("champion"))
    count = len(await workshop.events())

    await database.write(point, 1, True)
    await database.write(point, 1, False, has_right=True)

    free, held = ({"alias": "champion", "version": 1, "protected": is_protected} for is_protected in (False, True))
    told = [event.change for event in (await workshop.events())[count:]]
    assert [(e.action, e.version, e.before, e.after, e.reason) for e in told] == [
        (Action.ALIAS_PROTECTION_CHANGED, 1, free, held, "tried"),
        (Action.ALIAS_PROTECTION_CHANGED, 1, held, free, "tried"),
    ]
    assert await database.read(publishing.read_version, "churn", ByAlias("champion")) == version


async def test_a_stale_tag_is_refused_before_the_right_is_asked_for(database: Database) -> None:
    await database.write(point, 1, True)

    with pytest.raises(PreconditionFailed):
        await database.write(aliasing.delete_alias, BOB, "churn", "champion", {"1-1"}, may_move_protected=False)


async def test_a_version_goes_with_its_protected_alias_only_by_force(database: Database) -> None:
    await database.write(point, 1, True)

    await database.write(publishing.delete_version, BOB, "churn", ByNumber(1), None, is_forced=True)

    assert list(await database.read(aliasing.list_aliases, "churn")) == []

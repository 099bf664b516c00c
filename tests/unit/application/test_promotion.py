import asyncio
from datetime import timedelta

import pytest

from modelyard.application.ports.database import Database
from modelyard.application.services import catalog, publishing
from modelyard.application.services.promotion import StageChange, Transition, change_stage, plan_change
from modelyard.domain.errors import ModelNotFound, StageConflict, TransitionRefused, VersionNotFound
from modelyard.domain.event import Action
from modelyard.domain.lifecycle import Stage, Step
from modelyard.domain.reference import ByNumber, ByStage, Reference
from tests.factories import BOB, Workshop
from tests.fakes.clock import START, FixedClock

DRAFT, STAGING, PRODUCTION, ARCHIVED = Stage
MOVED = Action.VERSION_STAGE_CHANGED


async def change(
    database: Database, number: int, to_stage: Stage, *, from_stage: Stage | None = None, is_dry_run: bool = False
) -> Transition:
    wanted = StageChange(to_stage=to_stage, from_stage=from_stage, reason="because")
    if is_dry_run:
        return await database.read(plan_change, "churn", ByNumber(number), wanted)
    return await database.write(change_stage, BOB, "churn", ByNumber(number), wanted)


@pytest.fixture
async def two_versions(workshop: Workshop, clock: FixedClock) -> None:
    """Version 1 is in production and has been for an hour, version 2 in staging."""
    await workshop.model("churn")
    await workshop.move(await workshop.version("churn"), STAGING, PRODUCTION)
    await workshop.move(await workshop.version("churn"), STAGING)
    clock.advance(hours=1)


async def test_a_version_moves_and_tells_how(database: Database, workshop: Workshop, clock: FixedClock) -> None:
    await workshop.model("churn")
    seen = await workshop.version("churn")
    clock.advance(hours=1)

    moved = await change(database, 1, STAGING, from_stage=DRAFT)

    assert (moved.from_stage, moved.to_stage, moved.step) == (DRAFT, STAGING, Step.PROMOTE)
    assert (moved.archived, moved.reason) == ((), "because")
    assert moved.version == await workshop.read(seen)
    assert (moved.version.stage, moved.version.revision) == (STAGING, 2)
    assert moved.version.stage_changed_at == moved.version.updated_at == START + timedelta(hours=1)
    assert (moved.version.updated_by, moved.version.created_by) == ("bob", "ada")


@pytest.mark.usefixtures("two_versions")
async def test_the_next_in_production_archives_the_last(database: Database, workshop: Workshop) -> None:
    history = await workshop.events()

    moved = await change(database, 2, PRODUCTION)

    first = await database.read(publishing.read_version, "churn", ByNumber(1))
    assert (list(moved.archived), first.stage, first.has_been_in_production) == ([1], ARCHIVED, True)
    assert (await database.read(catalog.read_model, "churn")).production == (2,)
    told = [event.change for event in (await workshop.events())[len(history) :]]
    assert [(e.action, e.version, e.before, e.after, e.reason) for e in told] == [
        (
            Action.VERSION_STAGE_CHANGED,
            1,
            {"stage": "production"},
            {"stage": "archived", "step": "archive"},
            "replaced by 2",
        ),
        (Action.VERSION_STAGE_CHANGED, 2, {"stage": "staging"}, {"stage": "production", "step": "promote"}, "because"),
    ]


@pytest.mark.usefixtures("two_versions")
async def test_a_rollback_brings_the_last_one_back(database: Database) -> None:
    await change(database, 2, PRODUCTION)

    back = await change(database, 1, PRODUCTION)

    assert (back.step, list(back.archived)) == (Step.ROLLBACK, [2])
    assert (await database.read(publishing.read_version, "churn", ByStage(PRODUCTION))).number == 1


@pytest.mark.usefixtures("two_versions")
async def test_other_stages_hold_any_number(database: Database, workshop: Workshop) -> None:
    third = await workshop.version("churn")

    moved = await change(database, third.number, STAGING)

    assert moved.archived == ()
    assert (await database.read(publishing.read_version, "churn", ByNumber(2))).stage is STAGING


@pytest.mark.usefixtures("two_versions")
async def test_a_stage_names_the_version_that_entered_it_last(
    database: Database, workshop: Workshop, clock: FixedClock
) -> None:
    third = await workshop.move(await workshop.version("churn"), STAGING)
    assert (await database.read(publishing.read_version, "churn", ByStage(STAGING))).number == third.number

    await change(database, 2, DRAFT)
    clock.advance(milliseconds=1)
    await change(database, 2, STAGING)

    assert (await database.read(publishing.read_version, "churn", ByStage(STAGING))).number == 2


@pytest.mark.usefixtures("two_versions")
async def test_a_stage_without_versions_names_none(database: Database) -> None:
    with pytest.raises(VersionNotFound):
        await database.read(publishing.read_version, "churn", ByStage(DRAFT))


@pytest.mark.usefixtures("two_versions")
@pytest.mark.parametrize(
    ("number", "to_stage", "step", "archived"),
    [(2, PRODUCTION, Step.PROMOTE, [1]), (2, DRAFT, Step.DEMOTE, []), (1, ARCHIVED, Step.ARCHIVE, [])],
)
async def test_a_dry_run_tells_the_same_and_leaves_no_trace(
    database: Database, workshop: Workshop, number: int, to_stage: Stage, step: Step, archived: list[int]
) -> None:
    before = await workshop.dump()

    planned = await change(database, number, to_stage, is_dry_run=True)

    assert (planned.step, list(planned.archived), planned.reason) == (step, archived, "because")
    assert planned.version.stage is planned.from_stage
    assert await workshop.dump() == before
    done = await change(database, number, to_stage)
    assert (done.step, list(done.archived), done.from_stage) == (step, archived, planned.from_stage)


@pytest.mark.usefixtures("two_versions")
@pytest.mark.parametrize("is_dry_run", [False, True])
@pytest.mark.parametrize(
    ("reference", "wanted", "error"),
    [
        pytest.param(ByNumber(2), StageChange(to_stage=PRODUCTION, from_stage=DRAFT), StageConflict, id="other stage"),
        pytest.param(ByNumber(2), StageChange(to_stage=STAGING), TransitionRefused, id="there already"),
        pytest.param(ByNumber(1), StageChange(to_stage=DRAFT), TransitionRefused, id="no such step"),
        pytest.param(ByNumber(3), StageChange(to_stage=ARCHIVED), VersionNotFound, id="no such version"),
        pytest.param(ByStage(DRAFT), StageChange(to_stage=STAGING), VersionNotFound, id="no version in the stage"),
    ],
)
async def test_a_refused_change_leaves_no_trace(
    database: Database,
    workshop: Workshop,
    reference: Reference,
    wanted: StageChange,
    error: type[Exception],
    is_dry_run: bool,
) -> None:
    before = await workshop.dump()

    with pytest.raises(error):
        await (
            database.read(plan_change, "churn", reference, wanted)
            if is_dry_run
            else database.write(change_stage, BOB, "churn", reference, wanted)
        )
    assert await workshop.dump() == before


async def test_a_model_that_is_not_there_has_no_stages(database: Database) -> None:
    with pytest.raises(ModelNotFound):
        await change(database, 1, STAGING)


async def test_of_many_who_expect_the_same_stage_one_moves_the_version(database: Database, workshop: Workshop) -> None:
    await workshop.model("churn")
    await workshop.version("churn")

    answers = await asyncio.gather(
        *(change(database, 1, STAGING, from_stage=DRAFT) for _ in range(16)), return_exceptions=True
    )

    assert sum(isinstance(answer, Transition) for answer in answers) == 1
    assert sum(isinstance(answer, StageConflict) for answer in answers) == 15


async def test_one_version_is_in_production_however_many_are_promoted_at_once(
    database: Database, workshop: Workshop
) -> None:
    await workshop.model("churn")
    for _ in range(12):
        await workshop.move(await workshop.version("churn"), STAGING)

    moves = await asyncio.gather(*(change(database, number, PRODUCTION) for number in range(1, 13)))

    production = (await database.read(catalog.read_model, "churn")).production
    archived = sorted(number for move in moves for number in move.archived)
    assert sorted([*production, *archived]) == list(range(1, 13))
    assert len(production) == 1


@pytest.mark.usefixtures("two_versions")
async def test_everyone_who_moves_or_is_moved_has_exactly_one_event_and_a_new_tag(
    database: Database, workshop: Workshop
) -> None:
    seen = await database.read(catalog.read_model, "churn")
    revisions = [
        (await database.read(publishing.read_version, "churn", ByNumber(number))).revision for number in (1, 2)
    ]
    count = len(await workshop.events())

    await change(database, 2, PRODUCTION)

    now = [(await database.read(publishing.read_version, "churn", ByNumber(number))).revision for number in (1, 2)]
    assert now == [revision + 1 for revision in revisions]
    assert (await database.read(catalog.read_model, "churn")).revision == seen.revision + 1
    assert sorted(event.change.version or 0 for event in (await workshop.events())[count:]) == [1, 2]

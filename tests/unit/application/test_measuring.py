import asyncio
import struct
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from modelyard.application.ports.database import Database
from modelyard.application.services.measuring import (
    Appended,
    Measurement,
    append_metrics,
    list_metrics,
    metric_history,
)
from modelyard.domain.errors import InvalidInput, MetricConflict, ModelNotFound, VersionNotFound
from modelyard.domain.event import Action
from modelyard.domain.metric import MetricKey
from modelyard.domain.reference import ByNumber, Latest
from tests.factories import ADA, Workshop
from tests.fakes.clock import START, FixedClock
from tests.strategies import finite_floats, names

AUC = MetricKey(name="auc")
HOLDOUT = MetricKey(name="auc", dataset="holdout")
YOUNG = MetricKey(name="auc", dataset="holdout", slice="age<30")


def point(key: MetricKey, value: float, step: int = 0, recorded_at: datetime | None = None) -> Measurement:
    return Measurement(key=key, step=step, value=value, recorded_at=recorded_at)


async def append(database: Database, *points: Measurement) -> Appended:
    return await database.write(append_metrics, ADA, "churn", ByNumber(1), points)


@pytest.fixture(autouse=True)
async def version(workshop: Workshop) -> None:
    await workshop.model("churn")
    await workshop.version("churn")


async def test_the_latest_of_each_key_is_that_of_the_highest_step(database: Database) -> None:
    appended = await append(database, point(AUC, 0.5), point(AUC, 0.8, 10), point(AUC, 0.7, 9), point(YOUNG, 0.6))
    await append(database, point(AUC, 0.9, 8), point(HOLDOUT, 0.4, 3))

    latest = await database.read(list_metrics, "churn", Latest())

    assert (appended.appended, appended.unchanged) == (4, 0)
    assert [(str(p.key), p.step, p.value) for p in latest] == [
        ("auc", 10, 0.8), ("auc@holdout", 3, 0.4), ("auc@holdout/age<30", 0, 0.6),
    ]  # fmt: skip


async def test_the_version_shows_the_latest_on_whole_datasets(database: Database, workshop: Workshop) -> None:
    appended = await append(database, point(AUC, 0.5), point(HOLDOUT, 0.8, 2), point(YOUNG, 0.6))

    assert appended.version.metrics == {"auc": 0.5, "auc@holdout": 0.8}
    assert appended.version == await workshop.read(appended.version)
    assert appended.version.revision == 2


async def test_a_batch_can_be_sent_again(database: Database, workshop: Workshop, clock: FixedClock) -> None:
    batch = [point(AUC, 0.5), point(AUC, 0.6, 1), point(HOLDOUT, 0.7)]
    await append(database, *batch)
    before = await workshop.dump()
    clock.advance(hours=1)

    again = await append(database, *batch)
    assert (again.appended, again.unchanged) == (0, 3)
    assert await workshop.dump() == before

    more = await append(database, *batch, point(AUC, 0.7, 2))
    assert (more.appended, more.unchanged) == (1, 3)


@pytest.mark.parametrize("value", [0.5000000000000001, -0.5, 0.0, 5e-324])
async def test_a_recorded_value_does_not_change(database: Database, workshop: Workshop, value: float) -> None:
    await append(database, point(AUC, 0.5, 3))
    before = await workshop.dump()

    with pytest.raises(MetricConflict) as refusal:
        await append(database, point(HOLDOUT, 1.0), point(AUC, value, 3), point(AUC, 0.5, 4))

    assert [error.pointer for error in refusal.value.errors] == ["/metrics/1/value"]
    assert "0.5" in refusal.value.errors[0].message
    assert await workshop.dump() == before


@pytest.mark.parametrize(
    ("batch", "pointers"),
    [
        pytest.param([], ["/metrics"], id="empty"),
        pytest.param([point(AUC, 0.0, step) for step in range(10_001)], ["/metrics"], id="too many"),
        pytest.param([point(AUC, 0.5), point(AUC, float("nan"), 1)], ["/metrics/1/value"], id="NaN"),
        pytest.param([point(MetricKey(name="a@b"), 0.5)], ["/metrics/0/name"], id="name"),
        pytest.param([point(AUC, 0.5, -1)], ["/metrics/0/step"], id="step"),
        pytest.param([point(AUC, 0.5), point(HOLDOUT, 0.5), point(AUC, 0.5)], ["/metrics/2"], id="twice"),
        pytest.param(
            [point(AUC, 0.5, recorded_at=datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=1))))],
            ["/metrics/0/recorded_at"],
            id="a time before the calendar",
        ),
    ],
)
async def test_a_batch_against_the_rules_is_refused_whole(
    database: Database, workshop: Workshop, batch: list[Measurement], pointers: list[str]
) -> None:
    before = await workshop.dump()

    with pytest.raises(InvalidInput) as refusal:
        await append(database, *batch)

    assert [error.pointer for error in refusal.value.errors] == pointers
    assert await workshop.dump() == before


async def test_ten_thousand_points_are_one_batch(database: Database) -> None:
    appended = await append(database, *(point(AUC, step / 7, step) for step in range(10_000)))

    assert appended.appended == 10_000
    assert appended.version.metrics == {"auc": 9_999 / 7}


@pytest.mark.parametrize(("model", "number", "error"), [("nothing", 1, ModelNotFound), ("churn", 2, VersionNotFound)])
async def test_what_is_not_there_is_not_measured(
    database: Database, model: str, number: int, error: type[Exception]
) -> None:
    batch = [point(AUC, 0.5)]

    with pytest.raises(error):
        await database.write(append_metrics, ADA, model, ByNumber(number), batch)
    with pytest.raises(error):
        await database.read(list_metrics, model, ByNumber(number))
    with pytest.raises(error):
        await database.read(metric_history, model, ByNumber(number), AUC, after_step=None, limit=1)


async def test_a_history_is_read_page_by_page_in_the_order_of_steps(database: Database) -> None:
    steps = [5, 0, 2**53 - 1, 7, 1]
    await append(database, *(point(AUC, float(step), step) for step in steps), point(HOLDOUT, 1.0, 3))

    pages, after = [], None
    while page := await database.read(metric_history, "churn", Latest(), AUC, after_step=after, limit=2):
        pages.append([(p.step, p.value) for p in page])
        after = page[-1].step

    assert [len(page) for page in pages] == [2, 2, 1]
    assert [entry for page in pages for entry in page] == [(step, float(step)) for step in sorted(steps)]


@pytest.mark.parametrize(
    ("given_moment", "kept"),
    [
        (None, START),
        (datetime(2020, 2, 29, 1, tzinfo=timezone(timedelta(hours=2))), datetime(2020, 2, 28, 23, tzinfo=UTC)),
        (datetime(1969, 7, 20, 20, 17, 0, 999_999, tzinfo=UTC), datetime(1969, 7, 20, 20, 17, 0, 999_000, tzinfo=UTC)),
        (datetime(1, 1, 1, tzinfo=UTC), datetime(1, 1, 1, tzinfo=UTC)),
        (datetime.max.replace(tzinfo=UTC), datetime(9999, 12, 31, 23, 59, 59, 999_000, tzinfo=UTC)),
    ],
)
async def test_a_time_of_measurement_is_kept_to_the_millisecond(
    database: Database, given_moment: datetime | None, kept: datetime
) -> None:
    await append(database, point(AUC, 0.5, recorded_at=given_moment))

    (latest,) = await database.read(list_metrics, "churn", Latest())
    (recorded,) = await database.read(metric_history, "churn", Latest(), AUC, after_step=None, limit=9)
    assert latest.recorded_at == recorded.recorded_at == kept


async def test_each_batch_is_told_by_one_event(database: Database, workshop: Workshop) -> None:
    await append(database, point(HOLDOUT, 0.5), point(AUC, 0.5, 1), point(AUC, 0.5))

    told = (await workshop.events())[-1].change

    assert (told.action, told.version, told.before) == (Action.METRICS_APPENDED, 1, None)
    after: Any = told.after
    assert after.pop("digest").startswith("sha256:")
    assert after == {"appended": 3, "keys": 2, "metrics": ["auc", "auc@holdout"]}


async def test_many_workers_append_at_once(database: Database) -> None:
    batches = [[point(AUC, float(step), step) for step in range(first, first + 20)] for first in range(0, 320, 10)]

    answers = await asyncio.gather(*(append(database, *batch) for batch in batches))

    assert sum(answer.appended for answer in answers) == 330
    assert (await database.read(list_metrics, "churn", Latest()))[0].value == 329.0


@settings(max_examples=100)
@given(
    st.lists(finite_floats, min_size=1, max_size=20, unique=True), names.filter(lambda n: "@" not in n and "/" not in n)
)
@example(
    [1e308, 5e-324, 2.2250738585072014e-308, 0.1 + 0.2, 1 / 3, 123456789.12345678, 1e16, 1.7976931348623157e308], "x"
)
async def test_floats_come_back_bit_by_bit(workshop: Workshop, values: list[float], dataset: str) -> None:
    database = workshop.database
    version = await workshop.version("churn")
    batch = [point(MetricKey(name=f"m{place}", dataset=dataset), value) for place, value in enumerate(values)]
    await database.write(append_metrics, ADA, "churn", ByNumber(version.number), batch)

    shown = (await workshop.read(version)).metrics
    latest = await database.read(list_metrics, "churn", ByNumber(version.number))

    expected = {f"m{place}@{dataset}": struct.pack("d", value + 0.0) for place, value in enumerate(values)}
    assert {key: struct.pack("d", value) for key, value in shown.items()} == expected
    assert {str(p.key): struct.pack("d", p.value) for p in latest} == expected

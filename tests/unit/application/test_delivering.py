"""Telling targets: each event once, in the order of its model, tried again, given up, and sent again by hand."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from modelyard.application.ports.database import Database, Transaction
from modelyard.application.ports.webhooks import Outcome
from modelyard.application.queries.page import PageRequest
from modelyard.application.services import catalog, delivering, subscribing
from modelyard.application.services.delivering import Dispatcher
from modelyard.application.services.queueing import DeliveryLimits, forget_old
from modelyard.application.services.subscribing import WebhookPatch
from modelyard.application.tasks import end_tasks
from modelyard.domain.event import Action
from modelyard.domain.registered_model import ModelPatch
from modelyard.domain.webhook import Delivery, DeliveryStatus, Webhook, WebhookDraft
from tests.factories import ADA, model_draft
from tests.fakes.clock import FixedClock
from tests.unit.application.webhook_target import PATIENCE_SECONDS, Hanging, Target, outcome

SECRET = "whsec_" + "A" * 43 + "="
LIMITS = DeliveryLimits(tries=3, first_pause_seconds=1.0, lease=timedelta(seconds=40), kept=timedelta(days=30))


@pytest.fixture
def target() -> Target:
    return Target()


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivering, "_LOOK_SECONDS", 0.05)


@asynccontextmanager
async def dispatching(database: Database, target: Target) -> "AsyncIterator[asyncio.Task[None]]":
    async def work() -> None:
        await Dispatcher(database, target, LIMITS).run()

    task = asyncio.create_task(work())
    try:
        yield task
    finally:
        await end_tasks(task)


def create(tx: Transaction, *names: str) -> None:
    for name in names:
        catalog.create_model(tx, ADA, model_draft(name=name))


def describe(tx: Transaction, name: str, text: str) -> None:
    catalog.update_model(tx, ADA, name, ModelPatch(description=text), None)


async def hook(database: Database, **fields: object) -> Webhook:
    draft = WebhookDraft(url="https://receiver.example/hook", **fields)  # type: ignore[arg-type]
    return await database.write(subscribing.create_webhook, ADA, draft, SECRET)


def deliveries(tx: Transaction, webhook: Webhook, status: DeliveryStatus | None = None) -> Sequence[Delivery]:
    page = subscribing.list_deliveries(tx, webhook.id, status, PageRequest(sort="id", limit=500))
    return [told.delivery for told in page.items]


async def until(database: Database, webhook: Webhook, **wanted: int) -> Sequence[Delivery]:
    """All deliveries, once there are so many of each status."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            found = await database.scan(deliveries, webhook)
            statuses = [delivery.status.value for delivery in found]
            if all(statuses.count(status) == count for status, count in wanted.items()):
                return found
            await asyncio.sleep(0.01)


async def test_what_happens_after_it_was_made_is_told_once_and_in_order(database: Database, target: Target) -> None:
    await database.write(create, "churn")
    webhook = await hook(database)

    async with dispatching(database, target):
        for number in range(30):
            await database.write(describe, "churn", f"text {number}")
        sequences = await target.await_count(30)
        await until(database, webhook, delivered=30, pending=0)

    assert sequences == sorted(sequences, key=int)
    assert len(set(sequences)) == 30
    assert int(sequences[0]) == webhook.position + 1
    assert b"text 0" in target.sent[0].body


async def test_it_ends_when_told_to_as_nobody_wants_to_be_told_any_more(
    database: Database, target: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    webhook = await hook(database)

    async def end_late(*tasks: "asyncio.Task[object]") -> None:
        asyncio.get_running_loop().call_soon(task.cancel)
        await end_tasks(*tasks)

    monkeypatch.setattr(delivering, "end_tasks", end_late)
    async with dispatching(database, target) as task:
        await database.write(create, "churn")
        await target.await_count(1)
        await database.write(subscribing.delete_webhook, ADA, webhook.id, None)
        await asyncio.wait({task}, timeout=PATIENCE_SECONDS)
        assert task.cancelled()


async def test_only_what_it_wants_is_told(database: Database, target: Target) -> None:
    await hook(database, actions=frozenset({Action.MODEL_UPDATED}), models="fraud.*")

    async with dispatching(database, target):
        await database.write(create, "fraud.cards", "churn")
        await database.write(describe, "churn", "x")
        await database.write(describe, "fraud.cards", "x")
        await target.await_count(1)

    assert [b"fraud.cards" in message.body for message in target.sent] == [True]


async def test_a_model_waits_for_its_first_delivery_and_others_do_not(
    database: Database, target: Target, clock: FixedClock
) -> None:
    await database.write(create, "slow", "quick")
    webhook = await hook(database)
    target.answer = lambda message: outcome(500 if b'"slow"' in message.body else 204)

    async with dispatching(database, target):
        for text in ("one", "two"):
            await database.write(describe, "slow", text)
            await database.write(describe, "quick", text)
        found = await until(database, webhook, delivered=2, pending=2)
        first, second = [delivery for delivery in found if delivery.status is DeliveryStatus.PENDING]
        await until_tried(database, webhook, 1)
        assert second.tries == 0
        target.answer = lambda _: outcome(204)
        clock.advance(seconds=2)
        await until(database, webhook, delivered=4)

    of_slow = [message.id for message in target.sent if b'"slow"' in message.body]
    assert of_slow == [f"evt_{webhook.id}_{first.sequence}"] * 2 + [f"evt_{webhook.id}_{second.sequence}"]


async def until_tried(database: Database, webhook: Webhook, tries: int) -> Delivery:
    """The first delivery, once so many tries have ended."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            found = await database.scan(deliveries, webhook)
            if found and len(found[0].attempts) >= tries:
                return found[0]
            await asyncio.sleep(0.01)


async def test_a_delivery_is_given_up_after_its_last_try_and_later_ones_go_on(
    database: Database, target: Target, clock: FixedClock
) -> None:
    await database.write(create, "churn")
    webhook = await hook(database)
    target.answer = lambda message: outcome(204 if b'"description":"two"' in message.body else None)

    async with dispatching(database, target):
        await database.write(describe, "churn", "one")
        await database.write(describe, "churn", "two")
        for tries in (1, 2, 3):
            await until_tried(database, webhook, tries)
            clock.advance(minutes=2)
        dead, delivered = await until(database, webhook, dead=1)

        assert (dead.status, dead.tries, len(dead.attempts)) == (DeliveryStatus.DEAD, 3, 3)
        await until(database, webhook, dead=1, delivered=1)
        assert delivered.sequence == dead.sequence + 1

        target.answer = lambda _: outcome(204)
        await database.write(subscribing.redeliver, webhook.id, dead.id)
        again, _ = await until(database, webhook, delivered=2)

    assert (again.tries, len(again.attempts)) == (1, 4)


async def test_a_receiver_that_is_gone_is_not_tried_again(database: Database, target: Target) -> None:
    webhook = await hook(database)
    target.answer = lambda _: outcome(410)

    async with dispatching(database, target):
        await database.write(create, "churn")
        (delivery,) = await until(database, webhook, dead=1)

    assert delivery.tries == 1


async def test_a_target_that_is_left_alone_costs_no_try(database: Database, target: Target, clock: FixedClock) -> None:
    webhook = await hook(database)
    target.answer = lambda _: Outcome(attempt=None, pause_seconds=60)

    async with dispatching(database, target):
        await database.write(create, "churn")
        async with asyncio.timeout(PATIENCE_SECONDS):
            while len(target.sent) < 3:
                clock.advance(seconds=61)
                await asyncio.sleep(0.05)
        target.answer = lambda _: outcome(204)
        clock.advance(seconds=61)
        clock.advance(seconds=61)
        (delivery,) = await until(database, webhook, delivered=1)

    assert (delivery.tries, len(delivery.attempts)) == (1, 1)


async def test_what_was_on_its_way_when_a_process_died_is_sent_again(
    database: Database, target: Target, clock: FixedClock
) -> None:
    webhook = await hook(database)
    dying = Hanging()
    async with dispatching(database, dying):
        await database.write(create, "churn")
        await asyncio.wait_for(dying.has_begun.wait(), PATIENCE_SECONDS)

    async with dispatching(database, target):
        clock.advance(seconds=LIMITS.lease.total_seconds())
        (delivery,) = await until(database, webhook, delivered=1)

    assert delivery.tries == 2
    assert len(target.sent) == 1


async def test_while_it_is_not_active_nothing_is_told_and_nothing_is_made_up_for(
    database: Database, target: Target
) -> None:
    webhook = await hook(database, models="m*")
    await database.write(subscribing.update_webhook, ADA, webhook.id, WebhookPatch(is_active=False), None)
    await database.write(create, "missed")
    await database.write(subscribing.update_webhook, ADA, webhook.id, WebhookPatch(is_active=True), None)

    async with dispatching(database, target):
        await database.write(create, "made")
        await target.await_count(1)

    assert b'"model":"made"' in target.sent[0].body


async def test_two_that_believe_to_lead_send_nothing_twice(
    connect: Callable[[], Database], database: Database, target: Target
) -> None:
    webhook = await hook(database)

    class Both(Dispatcher):
        async def run(self) -> None:
            async with database.listening("events") as listener:
                await self._lead(listener)

    tasks = [asyncio.create_task(Both(database, target, LIMITS).run()) for _ in range(2)]
    for number in range(40):
        await database.write(create, f"m{number}")
    await until(database, webhook, delivered=40, pending=0)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)

    ids = [message.id for message in target.sent]
    assert len(ids) == len(set(ids)) == 40


async def test_deliveries_that_ended_long_ago_are_forgotten(
    database: Database, target: Target, clock: FixedClock
) -> None:
    webhook = await hook(database)
    async with dispatching(database, target):
        await database.write(create, "churn")
        await until(database, webhook, delivered=1)

    assert await database.sweep(forget_old, LIMITS) == 0
    clock.advance(seconds=LIMITS.kept.total_seconds() + 1)
    assert await database.sweep(forget_old, LIMITS) == 1
    assert await database.scan(deliveries, webhook) == []


async def test_a_webhook_goes_with_all_that_waits_for_it(database: Database, target: Target) -> None:
    webhook = await hook(database)
    target.answer = lambda _: outcome(500)
    async with dispatching(database, target):
        await database.write(create, "churn")
        await until_tried(database, webhook, 1)
        await database.sweep(subscribing.delete_webhook, ADA, webhook.id, None)
        await database.write(create, "later")

    assert len(target.sent) == 1
    assert await database.read(subscribing.list_webhooks) == []

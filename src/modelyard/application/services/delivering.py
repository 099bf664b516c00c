"""Sending webhooks: one process of all that share the database queues what happens, and sends what is due."""

import asyncio
import logging

from modelyard.application.ports.database import Database, Listener
from modelyard.application.ports.events import EVENTS
from modelyard.application.ports.webhooks import WebhookSender
from modelyard.application.services.following import Follower, look
from modelyard.application.services.queueing import (
    PRUNED_AT_ONCE,
    DeliveryLimits,
    begin_try,
    due_deliveries,
    end_try,
    forget_old,
    positions,
    queue_events,
)
from modelyard.application.tasks import end_tasks
from modelyard.domain.errors import RegistryError
from modelyard.domain.webhook import Delivery

logger = logging.getLogger(__name__)

TASK = "webhooks"
AT_ONCE = 50
"""Deliveries that are on their way at the same time: of one model to one webhook never more than one."""

_LOOK_SECONDS = 5.0
_GAP_SECONDS = 0.1
_REST_SECONDS = 0.05
_PRUNE_SECONDS = 3600.0


class Dispatcher:
    """Runs in every process; whichever leads does the work, and another goes on where it was when it ends.

    What is on its way is claimed row by row too, so that two who believe to lead send nothing twice at a time.
    """

    def __init__(self, database: Database, sender: WebhookSender, limits: DeliveryLimits) -> None:
        self._database = database
        self._sender = sender
        self._limits = limits
        self._running: dict[int, asyncio.Task[None]] = {}

    async def run(self) -> None:
        """Work until cancelled. What the database refuses is tried again; nothing else is expected to fail."""
        while True:
            try:
                async with self._database.listening(EVENTS) as listener:
                    while not await self._database.read(positions):
                        await listener.heard(_LOOK_SECONDS)
                    async with self._database.leading(TASK) as is_leading:
                        if is_leading:
                            await self._lead(listener)
                            continue
            except RegistryError as error:
                logger.warning("webhooks wait for the database: %s", error.message)
            except Exception:  # it must not end the server, nor all sending
                logger.exception("sending webhooks failed; it begins again")
            await asyncio.sleep(_LOOK_SECONDS)

    async def _lead(self, listener: Listener) -> None:
        follower = Follower(min(await self._database.read(positions), default=0))
        hearing = asyncio.create_task(listener.heard(_LOOK_SECONDS))
        prune_at = 0.0
        try:
            while await self._database.read(positions):
                await self._queue(follower)
                wait_seconds = min(await self._start_due(), _GAP_SECONDS if follower.is_waiting else _LOOK_SECONDS)
                if (now := asyncio.get_running_loop().time()) >= prune_at:
                    prune_at = now + _PRUNE_SECONDS
                    await self._prune()
                if not follower.is_due:
                    await asyncio.sleep(_REST_SECONDS)
                    watched = {hearing, *self._running.values()}
                    await asyncio.wait(watched, timeout=wait_seconds, return_when=asyncio.FIRST_COMPLETED)
                if hearing.done():
                    hearing = asyncio.create_task(listener.heard(_LOOK_SECONDS))
        finally:
            await end_tasks(hearing, *self._running.values())
            self._running.clear()

    async def _queue(self, follower: Follower) -> None:
        events = follower.take(await self._database.scan(look, follower.position))
        if events:
            await self._database.sweep(queue_events, events)

    async def _start_due(self) -> float:
        """Begin to send what is due; the seconds until more will be."""
        free = AT_ONCE - len(self._running)
        if not free:
            return _LOOK_SECONDS
        due, until = await self._database.scan(due_deliveries, free)
        for delivery in due:
            if delivery.id not in self._running:
                task = asyncio.create_task(self._send_all(delivery))
                self._running[delivery.id] = task
                task.add_done_callback(lambda _, key=delivery.id: self._running.pop(key, None))  # type: ignore[misc]
        return _LOOK_SECONDS if until is None else max(until.total_seconds(), _REST_SECONDS)

    async def _send_all(self, delivery: Delivery) -> None:
        """Send one, and those of the same model that come after it, as long as they arrive."""
        following: Delivery | None = delivery
        while following is not None:
            try:
                following = await self._send(following)
            except RegistryError as error:  # it stays claimed for a while, and is then sent again
                logger.warning("a delivery of webhook %d is not recorded: %s", delivery.webhook_id, error.message)
                return

    async def _send(self, due: Delivery) -> Delivery | None:
        message = await self._database.write(begin_try, due, self._limits)
        if message is None:
            return None
        outcome = await self._sender.send(message)
        return await self._database.write(end_try, due, outcome, self._limits)

    async def _prune(self) -> None:
        while await self._database.sweep(forget_old, self._limits) == PRUNED_AT_ONCE:
            pass

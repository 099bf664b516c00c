"""Telling what happens as it happens, to any number of watchers in this process."""

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence, Set
from contextlib import suppress
from dataclasses import dataclass

from modelyard.application.ports.database import Database, Listener, Transaction
from modelyard.application.ports.events import EVENTS, EventFilter
from modelyard.application.services.following import GLIMPSE, Follower, look
from modelyard.application.tasks import end_tasks
from modelyard.domain.errors import RegistryError
from modelyard.domain.event import Event

logger = logging.getLogger(__name__)

MAX_WAITING = 2_000
"""Events that may wait for one watcher. Who is further behind is let go, and comes back where it was."""

_REST_SECONDS = 0.05
"""Between two looks: what happens meanwhile is told at once, so that many changes wake many watchers seldom."""
_GAP_SECONDS = 0.1
_LOOK_SECONDS = 5.0
"""An announcement may be lost."""


@dataclass(frozen=True, slots=True)
class Told:
    """An event, and the bytes that all watchers are sent."""

    event: Event
    rendered: bytes


class Watch:
    """One watcher: the events that fit and wait to be sent.

    `since` is the sequence behind which it gets all that fit.
    """

    def __init__(self, wanted: EventFilter) -> None:
        self.wanted = wanted
        self.since = 0
        self._waiting: deque[Told] = deque()
        self._woken = asyncio.Event()
        self._is_over = False

    def offer(self, events: Sequence[Told]) -> None:
        """Add those that fit; a watcher with too many is let go instead, since it must slow nobody down."""
        fitting = [told for told in events if self.wanted.fits(told.event)]
        if not fitting or self._is_over:
            return
        if len(self._waiting) + len(fitting) > MAX_WAITING:
            self.end()
            return
        self._waiting.extend(fitting)
        self._woken.set()

    def end(self) -> None:
        """Tell it nothing more, not even what waits: it asks for that again."""
        self._is_over = True
        self._waiting.clear()
        self._woken.set()

    async def next(self, timeout_seconds: float) -> Sequence[Told] | None:
        """All that waits; nothing when nothing came in time, `None` when it is over."""
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout_seconds):
                await self._woken.wait()
        self._woken.clear()
        if self._is_over:
            return None
        events = list(self._waiting)
        self._waiting.clear()
        return events


class LiveEvents:
    """Follows the history once for all watchers of this process, while there are any.

    Args:
        database: Where the history is.
        render: Makes what watchers are sent; once for each event.
    """

    def __init__(self, database: Database, render: Callable[[Event], bytes]) -> None:
        self._database = database
        self._render = render
        self._watches: set[Watch] = set()
        self._task: asyncio.Task[None] | None = None
        self._begun: asyncio.Future[int] | None = None
        self._position: int | None = None
        self._is_ending = False

    async def watch(self, wanted: EventFilter) -> Watch:
        """Begin to watch: what happens from now on is offered. The caller ends it by `leave`.

        Raises:
            DatabaseUnavailable: it cannot be told now where the history ends.
        """
        watch = Watch(wanted)
        if self._is_ending:
            watch.end()
            return watch
        self._watches.add(watch)
        if self._task is None or self._begun is None:
            self._begun = asyncio.get_running_loop().create_future()
            self._task = asyncio.create_task(self._run(self._begun))
        begun, position = self._begun, self._position
        try:
            first = await asyncio.shield(begun)
        except BaseException:
            self.leave(watch)
            raise
        watch.since = first if position is None else position
        return watch

    def leave(self, watch: Watch) -> None:
        """End a watch."""
        self._watches.discard(watch)

    async def past(self, wanted: EventFilter, *, beyond: int, until: int) -> AsyncIterator[Sequence[Told]]:
        """What fits and has happened between two sequences, the second included, in pages.

        Raises:
            DatabaseUnavailable: it cannot be read.
        """
        while beyond < until:
            page = await self._database.scan(_page, wanted, beyond)
            events = [event for event in page if event.sequence <= until]
            if events:
                yield self._rendered(events)
            if len(events) < GLIMPSE:
                return
            beyond = events[-1].sequence

    def end(self) -> None:
        """End all watches, now and from now on."""
        self._is_ending = True
        for watch in self._watches:
            watch.end()

    async def close(self) -> None:
        """End all watches, and follow no more."""
        self.end()
        task, self._task = self._task, None
        if task is not None:
            await end_tasks(task)

    async def _run(self, begun: "asyncio.Future[int]") -> None:
        try:
            async with self._database.listening(EVENTS) as listener:
                follower = Follower(await self._present())
                self._position = follower.position
                begun.set_result(follower.position)
                await self._follow(follower, listener)
        except Exception as error:
            if begun.done():
                raise
            begun.set_exception(error)
        finally:
            begun.cancel()
            self._task = self._position = None

    async def _follow(self, follower: Follower, listener: Listener) -> None:
        while self._watches:
            try:
                seen = await self._database.scan(look, follower.position)
            except RegistryError as error:
                logger.warning("live events wait for the database: %s", error.message)
                await asyncio.sleep(1)
                continue
            told = self._rendered(follower.take(seen))
            self._position = follower.position
            for watch in self._watches:
                watch.offer(told)
            if not follower.is_due:
                await asyncio.sleep(_REST_SECONDS)
                await listener.heard(_GAP_SECONDS if follower.is_waiting else _LOOK_SECONDS)

    async def _present(self) -> int:
        """The sequence up to which everything has happened that will ever have happened."""
        position, writers = await self._database.scan(_end)
        while writers:
            await asyncio.sleep(_GAP_SECONDS)
            writers &= await self._database.scan(lambda tx: tx.events.writers())
        return position

    def _rendered(self, events: Sequence[Event]) -> Sequence[Told]:
        return [Told(event, self._render(event)) for event in events]


def _page(tx: Transaction, wanted: EventFilter, beyond: int) -> Sequence[Event]:
    return tx.events.page(wanted, beyond=beyond, is_descending=False, limit=GLIMPSE)


def _end(tx: Transaction) -> tuple[int, Set[str]]:
    return tx.events.last(), tx.events.writers()

"""A connection to PostgreSQL that the event loop asks, without a thread, by libpq's own calls."""

import asyncio
import itertools
import logging
from collections import deque
from collections.abc import Callable, Mapping, Sequence

import psycopg
from psycopg.pq import ConnStatus, ExecStatus
from psycopg.pq.abc import PGconn, PGresult
from psycopg.rows import TupleRow

from modelyard.application.tasks import end_tasks
from modelyard.infrastructure.database.postgresql_engine import connect_on_loop

logger = logging.getLogger(__name__)

Hear = Callable[[PGresult | None], None]
"""Is told the answer to a question, whether rows or an error; None where there will be none."""

_PATIENCE_SECONDS = 2.0
_PAUSE_SECONDS = 1.0


class Wire:
    """An open connection, on which questions follow each other without waiting for answers (libpq's pipeline mode).

    Each question is a transaction by itself, prepared when it is first asked. A connection on which nothing is heard
    for two seconds while an answer is due is given up, and all who wait are told so. Belongs to one event loop.

    Attributes:
        number: No other wire of this process has it.
    """

    _numbers = itertools.count()

    def __init__(self, connection: psycopg.AsyncConnection[TupleRow]) -> None:
        self.number = next(self._numbers)
        self.connection = connection  # which closes the socket when it is collected
        self._loop = asyncio.get_running_loop()
        self._libpq: PGconn = connection.pgconn
        self._socket = self._libpq.socket
        self._names: dict[bytes, bytes] = {}
        self._waiting: deque[Hear] = deque()
        self._answer: PGresult | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._heard_at = 0.0
        self._libpq.enter_pipeline_mode()
        self._loop.add_reader(self._socket, self._hear)

    @property
    def is_open(self) -> bool:
        """Whether questions may be asked."""
        return self._libpq.status == ConnStatus.OK

    @property
    def load(self) -> int:
        """How many answers are due."""
        return len(self._waiting)

    def ask(self, question: bytes, parameters: Sequence[bytes | None], hear: Hear) -> None:
        """Send a statement with `$1`, `$2`, … as text, and call back."""
        if not self._waiting:
            self._heard_at = self._loop.time()
            if self._timer is None:
                self._timer = self._loop.call_later(_PATIENCE_SECONDS, self._look)
        self._waiting.append(hear)
        try:
            name = self._names.get(question)
            if name is None:
                name = self._names[question] = f"wire_{len(self._names)}".encode()
                self._libpq.send_prepare(name, question)
            self._libpq.send_query_prepared(name, parameters)
            self._libpq.pipeline_sync()
            self._flush()
        except psycopg.Error:
            self.hang_up()

    def hang_up(self) -> None:
        """Close, and tell all who wait that no answer comes. Idempotent."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._socket >= 0:
            self._loop.remove_reader(self._socket)
            self._loop.remove_writer(self._socket)
            self._socket = -1
        self._libpq.finish()
        waiting, self._waiting = self._waiting, deque()
        for hear in waiting:
            hear(None)

    def _flush(self) -> None:
        """Send what is left when the socket takes it; mostly it takes all at once."""
        if self._libpq.flush():
            self._loop.add_writer(self._socket, self._flush_rest)

    def _flush_rest(self) -> None:
        try:
            if not self._libpq.flush():
                self._loop.remove_writer(self._socket)
        except psycopg.Error:
            self.hang_up()

    def _hear(self) -> None:
        try:
            self._libpq.consume_input()
            self._heard_at = self._loop.time()
            while self._waiting and not self._libpq.is_busy():
                self._take(self._libpq.get_result())
        except psycopg.Error:
            self.hang_up()

    def _take(self, result: PGresult | None) -> None:
        """Keep rows or the first error until the sync that ends the question; the end of each command says nothing."""
        if result is None:
            return
        if result.status == ExecStatus.PIPELINE_SYNC:
            answer, self._answer = self._answer, None
            self._waiting.popleft()(answer)
        elif result.status not in {ExecStatus.COMMAND_OK, ExecStatus.PIPELINE_ABORTED}:
            self._answer = result

    def _look(self) -> None:
        """One timer for many questions; a server that stands still closes no connection."""
        self._timer = None
        if not self._waiting:
            return
        rest_seconds = self._heard_at + _PATIENCE_SECONDS - self._loop.time()
        if rest_seconds <= 0:
            self.hang_up()
        else:
            self._timer = self._loop.call_later(rest_seconds, self._look)


class Exchange:
    """A wire as long as the database is there: made when it is first asked for, and again when it broke."""

    def __init__(self, url: str, session: Mapping[str, str] | None = None) -> None:
        self._url = url
        self._session = session
        self._connecting: asyncio.Task[None] | None = None
        self._wire: Wire | None = None

    def wire(self) -> Wire | None:
        """The open wire; None while there is none, and then one is on its way."""
        wire = self._wire
        if wire is not None and wire.is_open:
            return wire
        if wire is not None:
            wire.hang_up()
            self._wire = None
        if self._connecting is None:
            self._connecting = asyncio.create_task(self._connect())
        return None

    async def close(self) -> None:
        """Disconnect. Idempotent."""
        task, wire = self._connecting, self._wire
        self._connecting = self._wire = None
        if task is not None:
            await end_tasks(task)
        if wire is not None:
            wire.hang_up()

    async def _connect(self) -> None:
        """After a failure nobody tries again for a second."""
        try:
            self._wire = Wire(await connect_on_loop(self._url, self._session))
        except psycopg.Error as error:
            logger.warning("reads take the slower way until the database is back: %s", error)
            await asyncio.sleep(_PAUSE_SECONDS)
        self._connecting = None

"""What state a PostgreSQL is in, asked with one question for all who want to know at the same time."""

import asyncio
import itertools
import logging
from contextlib import suppress

import psycopg
from psycopg.pq import ConnStatus, ExecStatus
from psycopg.pq.abc import PGconn
from psycopg.rows import TupleRow

from modelyard.infrastructure.database.postgresql_engine import connect_on_loop

logger = logging.getLogger(__name__)

_NAME = b"state"
_QUESTION = b"SELECT pg_current_snapshot()::text"
_PATIENCE_SECONDS = 2.0
_PAUSE_SECONDS = 1.0


class PostgresqlState:
    """Tells what stays equal until something is committed, by whatever process on whatever machine.

    It is the server's own snapshot: its list of the transactions that are not visible yet. A commit is visible before
    it is acknowledged, so who asks after that sees another one; and of two that are equal, nothing was committed in
    between, since numbers of transactions are never given again. Those of two connections are never equal, for behind
    the second one may be a server that was restored from a backup.

    Asked on a connection of its own, without a thread, and by libpq's own calls: this is the price of every answer that
    is given from memory. Who comes while a question is under way waits for the next one, since the server may have
    looked before they came; so however many come, there is one question at a time. Belongs to one event loop.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._serial = itertools.count()
        self._connecting: asyncio.Task[None] | None = None
        self._line: _Line | None = None

    async def now(self) -> object | None:
        """The state at some moment after the call; None, at once or after two seconds, where it cannot be known."""
        line = self._line
        if line is None or not line.is_open:
            self._line = None
            if self._connecting is None:
                self._connecting = asyncio.create_task(self._connect())
            return None
        return await line.ask()

    async def close(self) -> None:
        """Disconnect. Idempotent."""
        task, line = self._connecting, self._line
        self._connecting = self._line = None
        if task is not None:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        if line is not None:
            line.hang_up()

    async def _connect(self) -> None:
        """Meanwhile everybody reads anew; after a failure nobody tries again for a second."""
        try:
            connection = await connect_on_loop(self._url)
            prepared = connection.pgconn.prepare(_NAME, _QUESTION)
            if prepared.status == ExecStatus.COMMAND_OK:
                self._line = _Line(connection, next(self._serial))
            else:
                await connection.close()
        except psycopg.Error as error:
            logger.warning("reads are not answered from memory until the database is back: %s", error)
        if self._line is None:
            await asyncio.sleep(_PAUSE_SECONDS)
        self._connecting = None


class _Line:
    """An open connection, and who waits for an answer on it: `_asked` for the present question, `_next` for another."""

    def __init__(self, connection: psycopg.AsyncConnection[TupleRow], number: int) -> None:
        self._connection = connection  # which closes the socket when it is collected
        self._number = number
        self._loop = asyncio.get_running_loop()
        self._libpq: PGconn = connection.pgconn
        self._socket = self._libpq.socket
        self._asked: list[asyncio.Future[object | None]] = []
        self._next: list[asyncio.Future[object | None]] = []
        self._timer: asyncio.TimerHandle | None = None
        self._asked_at = 0.0
        self._loop.add_reader(self._socket, self._hear)

    @property
    def is_open(self) -> bool:
        return self._libpq.status == ConnStatus.OK

    async def ask(self) -> object | None:
        waiting: asyncio.Future[object | None] = self._loop.create_future()
        self._next.append(waiting)
        if not self._asked:
            self._send()
        return await waiting

    def _send(self) -> None:
        self._asked, self._next = self._next, []
        self._asked_at = self._loop.time()
        if self._timer is None:
            self._timer = self._loop.call_later(_PATIENCE_SECONDS, self._look)
        try:
            self._libpq.send_query_prepared(_NAME, [])
            self._libpq.flush()
        except psycopg.Error:
            self.hang_up()

    def _hear(self) -> None:
        try:
            self._libpq.consume_input()
            if self._libpq.is_busy() or not self._asked:
                return
            answer = self._libpq.get_result()
            while self._libpq.get_result() is not None:
                pass
        except psycopg.Error:
            self.hang_up()
            return
        if answer is None or answer.status != ExecStatus.TUPLES_OK:
            self.hang_up()
            return
        _tell(self._asked, (self._number, answer.get_value(0, 0)))
        self._asked = []
        if self._next:
            self._send()

    def _look(self) -> None:
        """One timer for many questions; a server that stands still closes no connection."""
        self._timer = None
        if not self._asked:
            return
        rest_seconds = self._asked_at + _PATIENCE_SECONDS - self._loop.time()
        if rest_seconds <= 0:
            self.hang_up()
        else:
            self._timer = self._loop.call_later(rest_seconds, self._look)

    def hang_up(self) -> None:
        """Close, and tell all who wait that nobody knows. Idempotent."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self.is_open or self._socket >= 0:
            self._loop.remove_reader(self._socket)
            self._socket = -1
        self._libpq.finish()
        waiting, self._asked, self._next = [*self._asked, *self._next], [], []
        _tell(waiting, None)


def _tell(waiting: list[asyncio.Future[object | None]], answer: object | None) -> None:
    for one in waiting:
        if not one.done():  # else its caller has left
            one.set_result(answer)

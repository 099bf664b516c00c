"""What state a PostgreSQL is in, asked with one question for all who want to know at the same time."""

import asyncio

from psycopg.pq import ExecStatus
from psycopg.pq.abc import PGresult

from modelyard.infrastructure.database.postgresql_wire import Exchange, Wire

_QUESTION = b"SELECT pg_current_snapshot()::text"


class PostgresqlState:
    """Tells what stays equal until something is committed, by whatever process on whatever machine.

    It is the server's own snapshot: its list of the transactions that are not visible yet. A commit is visible before
    it is acknowledged, so who asks after that sees another one; and of two that are equal, nothing was committed in
    between, since numbers of transactions are never given again. Those of two connections are never equal, for behind
    the second one may be a server that was restored from a backup.

    This is the price of every answer that is given from memory. Who comes while a question is under way waits for the
    next one, since the server may have looked before they came; so however many come, there is one question at a time.
    """

    def __init__(self, url: str) -> None:
        self._exchange = Exchange(url)
        self._asked: list[asyncio.Future[object | None]] = []
        self._next: list[asyncio.Future[object | None]] = []

    async def now(self) -> object | None:
        """The state at some moment after the call; None, at once or after two seconds, where it cannot be known."""
        wire = self._exchange.wire()
        if wire is None:
            return None
        waiting: asyncio.Future[object | None] = asyncio.get_running_loop().create_future()
        self._next.append(waiting)
        if not self._asked:
            self._ask(wire)
        return await waiting

    async def close(self) -> None:
        """Disconnect. Idempotent."""
        await self._exchange.close()

    def _ask(self, wire: Wire) -> None:
        self._asked, self._next = self._next, []
        wire.ask(_QUESTION, (), lambda answer: self._hear(wire, answer))

    def _hear(self, wire: Wire, answer: PGresult | None) -> None:
        if answer is None or answer.status != ExecStatus.TUPLES_OK:
            waiting, self._asked, self._next = [*self._asked, *self._next], [], []
            _tell(waiting, None)
            return
        asked, self._asked = self._asked, []
        _tell(asked, (wire.number, answer.get_value(0, 0)))
        if self._next:
            self._ask(wire)


def _tell(waiting: list[asyncio.Future[object | None]], answer: object | None) -> None:
    for one in waiting:
        if not one.done():  # else its caller has left
            one.set_result(answer)

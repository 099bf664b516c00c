"""Reading from PostgreSQL in one snapshot, with one round trip where one statement is all there is to it."""

from collections.abc import Callable
from types import CodeType
from typing import Any, TypeVar, cast

import psycopg
from psycopg.abc import Buffer
from psycopg.rows import TupleRow
from psycopg.types.string import StrDumper
from sqlalchemy import Connection

from modelyard.infrastructure.database.postgresql_engine import psycopg_of

R = TypeVar("R")

_NOWHERE = "\uffff\ufffe"
"""Two code points that are no characters; at worst, who stored them is found by who looks for NUL."""

BEGIN = "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY"


class SecondStatement(Exception):
    """A query went on after its first statement, and what it read would be of two moments."""


class ReadingConnection(psycopg.Connection[TupleRow]):
    """Lets one statement pass outside of a transaction: it is a snapshot by itself. A second one needs a common one.

    Plain cursors, made by hand, are not counted. Text with NUL is compared as any other, and equals nothing.
    """

    _left: int | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.cursor_factory = _CountedCursor
        self.adapters.register_dumper(str, _LookedFor)

    def allow(self, statements: int | None) -> None:
        """How many statements may follow; `None` is any number."""
        self._left = statements

    def count(self) -> None:
        """Take note of a statement.

        Raises:
            SecondStatement: it is one more than is allowed.
        """
        if self._left is not None:
            if not self._left:
                raise SecondStatement
            self._left -= 1


class _LookedFor(StrDumper):
    """Text that is compared with what is stored, where no text holds NUL; PostgreSQL takes none, and finds none."""

    def dump(self, obj: str) -> Buffer | None:
        return super().dump(looked_for(obj))


def looked_for(text: str) -> str:
    """What is asked of the server in place of a text: the same, unless it holds NUL."""
    return text.replace("\0", _NOWHERE) if "\0" in text else text


class _CountedCursor(psycopg.Cursor[TupleRow]):
    def execute(self, *args: Any, **kwargs: Any) -> "_CountedCursor":
        cast("ReadingConnection", self.connection).count()
        super().execute(*args, **kwargs)
        return self


class Snapshots:
    """Runs queries so that all statements of one see one state.

    BEGIN and COMMIT are two more round trips, and the most frequent queries have a single statement. So a query is
    first run without; when it turns out to have more, it is run again between them, and from then on at once.
    """

    def __init__(self) -> None:
        self._with_several: set[CodeType] = set()

    def has_several(self, key: CodeType | None) -> bool:
        """Whether it is known that the function asks more than one statement."""
        return key in self._with_several

    def run(self, connection: Connection, key: CodeType | None, query: Callable[[], R]) -> R:
        """Run a query on a connection that has no transaction; `key` tells which function it is, if that is known."""
        driver = cast("ReadingConnection", psycopg_of(connection))
        if key is not None and key not in self._with_several:
            driver.allow(1)
            try:
                return query()
            except SecondStatement:
                pass
            finally:
                driver.allow(None)
        driver.execute(BEGIN)
        result = query()
        driver.execute("COMMIT")
        if key is not None:
            self._with_several.add(key)  # a miss, which raises, asks further and is no measure
        return result

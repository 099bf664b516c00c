"""How long a search may take: no query of a caller keeps a thread and a processor for itself."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from modelyard.domain.errors import QueryTooCostly
from modelyard.infrastructure.database.engines import driver_of

SECONDS = 20.0
"""On SQLite; PostgreSQL ends statements of its own accord."""

_STEPS = 20_000
"""Steps of SQLite's machine between two looks at the clock: less than a millisecond."""

_INTERRUPTED = 9
_CANCELLED = "57014"
"""SQLITE_INTERRUPT, and what PostgreSQL says when `statement_timeout` is over."""


@contextmanager
def limited(connection: Connection) -> Iterator[None]:
    """End what the block runs after a time.

    Raises:
        QueryTooCostly: it took longer.
    """
    driver = driver_of(connection) if connection.dialect.name == "sqlite" else None
    if driver is not None:
        end = time.monotonic() + SECONDS
        driver.set_progress_handler(lambda: time.monotonic() > end, _STEPS)
    try:
        yield
    except Exception as error:
        if _is_ended(error.orig if isinstance(error, DBAPIError) else error):
            raise QueryTooCostly("the search was ended, since it took too long") from error
        raise
    finally:
        if driver is not None:
            driver.set_progress_handler(None, _STEPS)


def _is_ended(error: BaseException | None) -> bool:
    is_interrupted = getattr(error, "sqlite_errorcode", 0) & 0xFF == _INTERRUPTED
    return is_interrupted or getattr(error, "sqlstate", None) == _CANCELLED

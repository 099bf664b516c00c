"""What a failing PostgreSQL means to the caller, and what is worth another try."""

import logging

import psycopg
from psycopg.rows import TupleRow
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolExhausted

from modelyard.domain.errors import DatabaseUnavailable, InvalidInput, NotFound, RegistryError, StorageFull

logger = logging.getLogger(__name__)

_AGAIN = frozenset({"40001", "40P01"})
"""A serialization failure and a deadlock: the server gave up one of several, which may then run after them."""

_CHAIN = "uq_events_chain"
_DISK_FULL = "53100"
_TOO_LONG = "54000"
_UNABLE = ("08", "25006", "53", "55P03", "57", "58", "F0", "XX")
"""Classes and codes for what is not the statement's fault: connections, resources, locks, operators, the system.

A read that tries to write is 25006. https://www.postgresql.org/docs/current/errcodes-appendix.html
"""


class CommitInDoubt(Exception):
    """The connection broke while a commit was under way: it may have taken place."""


def driver_error(error: BaseException) -> psycopg.Error | None:
    """The driver's own error, as it was raised or as SQLAlchemy wrapped it."""
    found = error.orig if isinstance(error, DBAPIError) else error
    return found if isinstance(found, psycopg.Error) else None


def is_disconnected(connection: psycopg.Connection[TupleRow], error: BaseException) -> bool:
    """Whether the connection is of no more use: it broke, or the server said that it is about to close it."""
    failure = driver_error(error)
    return connection.closed or (failure is not None and (failure.sqlstate or "").startswith(("08", "57P")))


def is_worth_again(error: BaseException) -> bool:
    """Whether others stood in the way, who are done by now: the same function may succeed from its beginning."""
    failure = driver_error(error)
    if failure is None:
        return False
    is_lost_race = failure.sqlstate == "23505" and failure.diag.constraint_name == _CHAIN
    return failure.sqlstate in _AGAIN or is_lost_race


def meaning_of(error: BaseException) -> BaseException:
    """The registry's error for a failure of the database, raised by SQLAlchemy or by the driver; any other as it is.

    A full disk is `StorageFull`; a database that is gone, busy, shutting down or too slow is `DatabaseUnavailable`. A
    fault in our own statements is not disguised.
    """
    if isinstance(error, CommitInDoubt):
        return _told(error, DatabaseUnavailable("the connection broke during a commit; the change may have been made"))
    if isinstance(error, PoolExhausted):
        return _told(error, DatabaseUnavailable("no connection to the database was free"))
    failure = driver_error(error)
    if failure is None:
        return error
    code = failure.sqlstate or ""
    if code == _DISK_FULL:
        return _told(error, StorageFull("there is no space left for the database"))
    if code == _TOO_LONG:
        return _told(error, InvalidInput("a name is longer than the database can index", hint="Use shorter names."))
    if isinstance(failure, psycopg.DataError) and not code and "NUL" in str(failure):
        return NotFound("nothing has a name that holds NUL")  # no stored text does, so it was looked for
    is_broken = not code and isinstance(failure, psycopg.OperationalError | psycopg.InterfaceError)
    if is_broken or is_worth_again(error) or code.startswith(_UNABLE):
        return _told(error, DatabaseUnavailable("the database could not do it"))
    return error


def _told(error: BaseException, meaning: RegistryError) -> RegistryError:
    logger.error("the database failed: %s", driver_error(error) or error, exc_info=error)
    meaning.__cause__ = error
    return meaning

"""What a failing database means to the caller."""

import logging

import pysqlite3.dbapi2 as driver
from sqlalchemy.exc import DBAPIError

from modelyard.domain.errors import DatabaseUnavailable, RegistryError, StorageFull

logger = logging.getLogger(__name__)

_FAILURES = (driver.OperationalError, driver.DatabaseError, driver.InternalError)
"""Exactly these; those derived from them (a broken constraint, a wrong parameter) are no failure of the database."""

_STATEMENT_AT_FAULT = 1
_DISK_FULL = 13
"""SQLITE_ERROR and SQLITE_FULL, https://www.sqlite.org/rescode.html"""


def meaning_of(error: BaseException) -> BaseException:
    """The registry's error for a failure of the database, raised by SQLAlchemy or by the driver; any other as it is.

    A full disk is `StorageFull`; a database that is locked, read-only, unreadable or gone is `DatabaseUnavailable`.
    A fault in our own statements is not disguised.
    """
    failure = error.orig if isinstance(error, DBAPIError) else error
    code = getattr(failure, "sqlite_errorcode", 0) & 0xFF
    if type(failure) not in _FAILURES or code == _STATEMENT_AT_FAULT:
        return error
    logger.error("the database failed: %s", failure, exc_info=error)
    meaning: RegistryError = DatabaseUnavailable("the database could not do it")
    if code == _DISK_FULL:
        meaning = StorageFull("there is no space left for the database")
    meaning.__cause__ = error
    return meaning

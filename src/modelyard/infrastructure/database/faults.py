"""What a failing database means to the caller."""

import logging

from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from modelyard.domain.errors import DatabaseUnavailable, RegistryError, StorageFull

logger = logging.getLogger(__name__)

_DISK_FULL = 13
"""SQLITE_FULL, https://www.sqlite.org/rescode.html#full"""


def meaning_of(error: Exception) -> Exception:
    """The registry's error for a database's error; any other error as it is.

    A full disk is `StorageFull`; a database that is locked, read-only, unreadable or gone is `DatabaseUnavailable`.
    Everything else that SQLAlchemy raises is a fault in our own statements, and is not disguised.
    """
    if isinstance(error, RegistryError) or not isinstance(error, SQLAlchemyError):
        return error
    if isinstance(error, DBAPIError) and type(error.orig).__name__ in {"OperationalError", "DatabaseError"}:
        logger.error("the database failed: %s", error.orig, exc_info=error)
        meaning: RegistryError = DatabaseUnavailable("the database could not do it")
        if getattr(error.orig, "sqlite_errorcode", 0) & 0xFF == _DISK_FULL:
            meaning = StorageFull("there is no space left for the database")
        meaning.__cause__ = error
        return meaning
    return error

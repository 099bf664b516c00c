"""The one place where a failing object store becomes an error of the registry."""

import re

from obstore.exceptions import BaseError, PermissionDeniedError, UnauthenticatedError

from modelyard.domain.errors import StorageFull, StorageUnavailable

FAULTS = (BaseError, OSError, TimeoutError)
"""Everything that a call of obstore raises on purpose."""

_CODE = re.compile(r"<Code>([A-Za-z0-9]{1,60})</Code>")
_STATUS = re.compile(r"status code: ([1-5][0-9]{2})")
_KIND = re.compile(r"kind: (Connect|Timeout|Request|Interrupted|Decode|Body)\b")
_SOURCE = re.compile(r"source: ([A-Z][A-Za-z]{1,60})\b")
_NO_BUCKET = frozenset({"NoSuchBucket", "ContainerNotFound"})
_FULL = frozenset({"InsufficientStorage", "QuotaExceeded", "XMinioStorageFull", "EntityTooLargeForQuota"})


def is_missing(error: Exception) -> bool:
    """Whether an object is not there; a bucket that is not there is a fault of the store."""
    return isinstance(error, FileNotFoundError) and _found(_CODE, error) not in _NO_BUCKET


def is_beyond_end(error: Exception) -> bool:
    """Whether a range was asked for that begins beyond the end of its object."""
    return _found(_CODE, error) == "InvalidRange" or _found(_STATUS, error) == "416"


def is_answer(error: Exception) -> bool:
    """Whether the store works, and refuses: to ask again at once does no harm."""
    return isinstance(error, (FileNotFoundError, PermissionDeniedError, UnauthenticatedError))


def storage_error(error: Exception) -> StorageFull | StorageUnavailable:
    """What to raise for a call that failed.

    The message goes to clients and into logs. What obstore says holds addresses, and what the store said to it, which
    may repeat headers; so no more of it is shown than the status, the provider's code and the kind of failure.
    """
    reason = _reason(error)
    if _found(_CODE, error) in _FULL or _found(_STATUS, error) == "507":
        return StorageFull(f"the object store has no space left ({reason})")
    if _found(_CODE, error) in _NO_BUCKET:
        return StorageUnavailable(f"the bucket of the object store does not exist ({reason})")
    if isinstance(error, (PermissionDeniedError, UnauthenticatedError)):
        return StorageUnavailable(f"the object store refuses the registry's credentials ({reason})")
    return StorageUnavailable(f"the object store failed ({reason})")


def unusable(error: Exception) -> StorageUnavailable:
    """What to raise where a client cannot be made. obstore's text may repeat a credential that it could not read."""
    reason = _found(_SOURCE, error) or type(error).__name__
    return StorageUnavailable(
        f"The object store cannot be used with these settings ({reason}).",
        hint="Look at MODELYARD_BLOB_STORE_URL and the provider's variables for endpoint, region and credentials.",
    )


def _reason(error: Exception) -> str:
    found = [_found(_STATUS, error), _found(_CODE, error)]
    known = " ".join(part for part in found if part)
    return known or _found(_KIND, error).lower() or type(error).__name__


def _found(pattern: re.Pattern[str], error: Exception) -> str:
    match = pattern.search(str(error))
    return match[1] if match else ""

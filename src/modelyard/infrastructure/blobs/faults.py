"""The one place where a failing disk becomes an error of the registry."""

import errno
import os

from modelyard.domain.errors import StorageFull, StorageUnavailable

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


def storage_error(error: OSError) -> StorageFull | StorageUnavailable:
    """What to raise from an `OSError` of the store; the message goes to clients, so it names no path."""
    if error.errno in _FULL:
        return StorageFull(f"the file store has no space left ({_name(error)})")
    return StorageUnavailable(f"the file store failed ({_name(error)})")


def _name(error: OSError) -> str:
    return type(error).__name__ if error.errno is None else errno.errorcode.get(error.errno, os.strerror(error.errno))

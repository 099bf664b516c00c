"""How a command ends, and what it says when it fails."""

from typing import Final

from modelyard.client.failures import (
    BadReference,
    Misconfigured,
    ModelyardError,
    Offline,
    RegistryError,
    Unintelligible,
    Unreachable,
)

FAILED: Final = 1
"""The registry refused it, or it could not be done."""

MISUSED: Final = 2
"""A wrong option, argument, reference or setting; nothing was asked of the registry."""

NOT_FOUND: Final = 3
"""What was named is not there."""

CONFLICT: Final = 4
"""The state of the registry does not allow it: a gate, an approval, a stage, a name that is taken."""

UNREACHABLE: Final = 5
"""No registry answered in time, or it cannot work now; trying again later is right."""

INTERRUPTED: Final = 130
"""Ended by Ctrl-C, as shells have it."""

_BY_STATUS: Final = {404: NOT_FOUND, 409: CONFLICT, 412: CONFLICT, 429: UNREACHABLE, 502: UNREACHABLE}
_BUSY: Final = frozenset({503, 504})


def exit_code_of(error: ModelyardError) -> int:
    """The code that an error of the client ends a command with."""
    if isinstance(error, RegistryError):
        return UNREACHABLE if error.status in _BUSY else _BY_STATUS.get(error.status, FAILED)
    if isinstance(error, Unreachable | Unintelligible | Offline):
        return UNREACHABLE
    return MISUSED if isinstance(error, Misconfigured | BadReference) else FAILED

"""Trying again what the network or a busy registry broke off."""

import http.client
import logging
import threading
import time
from typing import Final

from modelyard.client.failures import ModelyardError, RegistryError, Unintelligible, Unreachable
from modelyard.client.refusals import OffsetConflict, RequestTimeout, UploadBusy
from modelyard.client.transport import BUSY, Patience, cause_of

_MOST_TRIES: Final = 50
"""In a row, of which none brought anything: a registry that takes bytes and forgets them is not tried for ever."""

logger = logging.getLogger(__name__)


class Stopped(Exception):
    """Another part of the same transfer failed, and this one ends with it."""


class Attempts:
    """Goes on after failures that pass, until nothing has moved for as long as patience lasts. For one thread."""

    def __init__(self, patience: Patience, stop: threading.Event) -> None:
        self._patience = patience
        self._stop = stop
        self._moved_at = time.monotonic()
        self._tries = 0

    def moved(self) -> None:
        """Something was taken from us, and may have arrived: time begins anew.

        Raises:
            Stopped: there is no use in going on.
        """
        if self._stop.is_set():
            raise Stopped
        self._moved_at = time.monotonic()

    def arrived(self) -> None:
        """Something is there for good: time begins anew, and failures so far are forgotten.

        Raises:
            Stopped: there is no use in going on.
        """
        self.moved()
        self._tries = 0

    def pause(self, error: Exception) -> None:
        """Wait before the next try, as long as the registry asks for, or chance says.

        Raises:
            Exception: `error`, if another try is of no use or there is no time for it; what the network says becomes
                `Unreachable`.
        """
        if not passes(error):
            raise error
        asked = error.problem.retry_after_seconds if isinstance(error, RegistryError) else 0.0
        seconds = asked or self._patience.pause_after(self._tries)
        is_late = time.monotonic() + seconds > self._moved_at + self._patience.deadline_seconds
        if is_late or self._tries == _MOST_TRIES:
            raise _final(error, self._patience.deadline_seconds) from error
        logger.info("trying again in %.1f s: %s", seconds, cause_of(error))
        self._tries += 1
        if self._stop.wait(seconds):
            raise Stopped


def passes(error: Exception) -> bool:
    """Whether the same may go well a moment later."""
    from urllib3.exceptions import HTTPError

    if isinstance(error, UploadBusy | OffsetConflict | RequestTimeout):
        return True
    if isinstance(error, RegistryError | Unintelligible):
        return error.status in BUSY
    return isinstance(error, HTTPError | OSError | http.client.HTTPException | Unreachable)


def _final(error: Exception, seconds: float) -> Exception:
    if isinstance(error, ModelyardError):
        return error
    return Unreachable(
        f"nothing has arrived for {seconds:.0f} s, or in {_MOST_TRIES} tries: {cause_of(error)}",
        hint="Do the same again when the registry can be reached: it goes on where it stopped.",
    )

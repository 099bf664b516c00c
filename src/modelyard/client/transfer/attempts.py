"""Trying again what the network or a busy registry broke off."""

import http.client
import logging
import threading
import time

from modelyard.client.failures import ModelyardError, RegistryError, Unintelligible, Unreachable
from modelyard.client.refusals import RequestTimeout, UploadBusy
from modelyard.client.transport import BUSY, Patience, cause_of

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
        """Something has arrived: time begins anew.

        Raises:
            Stopped: there is no use in going on.
        """
        if self._stop.is_set():
            raise Stopped
        self._moved_at = time.monotonic()
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
        if time.monotonic() + seconds > self._moved_at + self._patience.deadline_seconds:
            raise _final(error, self._patience.deadline_seconds) from error
        logger.info("trying again in %.1f s: %s", seconds, cause_of(error))
        self._tries += 1
        if self._stop.wait(seconds):
            raise Stopped


def passes(error: Exception) -> bool:
    """Whether the same may go well a moment later."""
    from urllib3.exceptions import HTTPError

    if isinstance(error, UploadBusy | RequestTimeout):
        return True
    if isinstance(error, RegistryError | Unintelligible):
        return error.status in BUSY
    return isinstance(error, HTTPError | OSError | http.client.HTTPException | Unreachable)


def _final(error: Exception, seconds: float) -> Exception:
    if isinstance(error, ModelyardError):
        return error
    return Unreachable(
        f"nothing has moved for {seconds:.0f} s: {cause_of(error)}",
        hint="Do the same again when the registry can be reached: it goes on where it stopped.",
    )

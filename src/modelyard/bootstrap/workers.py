"""Several server processes on one socket: they are started, replaced when one dies, and stopped together."""

import logging
import os
import signal
import socket
import threading
import time
from collections.abc import Callable
from types import FrameType
from typing import NoReturn

from modelyard.bootstrap.ending import close_door
from modelyard.bootstrap.start import CannotStart

logger = logging.getLogger(__name__)

_SIGNALS = (signal.SIGTERM, signal.SIGINT)
_FAILED = 1
_YOUNG_SECONDS = 10.0
_TRIES = 3
"""A worker that ends by itself so soon, so often in a row, would do so for ever."""
_FROM_OUTSIDE = {-signal.SIGKILL, -signal.SIGTERM, -signal.SIGINT}
"""Ends that are none of its own: the kernel kills it when memory runs out, or somebody does."""


class Workers:
    """Keeps `count` processes at work until SIGTERM or SIGINT, which reaches each as SIGTERM; a second SIGINT as it is.

    Processes are forked from one that has imported everything and started nothing: no thread, no loop, no connection.
    One whose parent is gone ends as if it had been told to. `listener` is the socket that they share; the parent lets
    go of it at the signal, since connections would wait in its queue for as long as one process holds it.
    """

    def __init__(self, count: int, serve: Callable[[], None], listener: socket.socket) -> None:
        self._count = count
        self._serve = serve
        self._listener = listener
        self._started: dict[int, float] = {}
        self._is_ending = False
        self._early_ends = 0

    def run(self) -> None:
        """Return when all have ended after a signal.

        Raises:
            CannotStart: They end by themselves, one after the other; the others have been stopped.
        """
        reader, writer = os.pipe()
        for number in _SIGNALS:
            signal.signal(number, self._end)
        for _ in range(self._count):
            self._start(reader, writer)
        while self._started:
            self._await_one(reader, writer)
        os.close(reader)
        os.close(writer)
        if self._early_ends == _TRIES:
            raise CannotStart("The workers end as soon as they begin; the log above says why.")

    def _start(self, reader: int, writer: int) -> None:
        """No signal comes in between: the child would take it for its parent, and the parent forget the child."""
        signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
        process = os.fork()
        if not process:
            os.close(writer)
            self._work(reader)
        self._started[process] = time.monotonic()
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)

    def _work(self, reader: int) -> NoReturn:
        os.setpgid(0, 0)  # Ctrl-C reaches the parent alone, who passes it on once
        for number in _SIGNALS:
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
        threading.Thread(target=_end_with_parent, args=(reader,), name="modelyard-parent", daemon=True).start()
        code = _FAILED
        try:
            self._serve()
            code = 0
        except CannotStart as error:
            logger.critical("%s", error)
        except BaseException:
            logger.critical("a worker failed", exc_info=True)
        finally:
            logging.shutdown()
            os._exit(code)  # not the way back: above stands what only the parent may end

    def _await_one(self, reader: int, writer: int) -> None:
        process, status = os.waitpid(-1, 0)
        begun = self._started.pop(process, None)
        if begun is None:
            return  # an orphan that is none of ours: as the first process of a container this one inherits them all
        if self._is_ending:
            return
        code = os.waitstatus_to_exitcode(status)
        is_early = time.monotonic() - begun < _YOUNG_SECONDS and code not in _FROM_OUTSIDE
        self._early_ends = self._early_ends + 1 if is_early else 0
        if self._early_ends == _TRIES:
            self._end(signal.SIGTERM, None)
            return
        logger.error("worker %d ended with %d; another takes its place", process, code)
        self._start(reader, writer)

    def _end(self, number: int, _frame: FrameType | None) -> None:
        passed_on = signal.SIGINT if self._is_ending and number == signal.SIGINT else signal.SIGTERM
        if not self._is_ending:
            close_door(self._listener)
            self._listener.close()
        self._is_ending = True
        for process in self._started:
            os.kill(process, passed_on)  # it is there, dead or alive, until `waitpid` has told of it


def _end_with_parent(reader: int) -> None:
    """Nothing is ever written to the pipe; it ends when the parent, who alone can write, is gone."""
    os.read(reader, 1)
    os.kill(os.getpid(), signal.SIGTERM)

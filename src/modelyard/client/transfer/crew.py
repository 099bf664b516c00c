"""Several threads at one transfer."""

import threading
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import TypeVar

from modelyard.client.transfer.attempts import Stopped

T = TypeVar("T")

Work = Callable[[T, threading.Event], None]
"""Does one job; it ends with `Stopped` soon after the event is set."""


def work_off(jobs: Iterable[T], work: Work[T], at_once: int, name: str) -> None:
    """Do all jobs, `at_once` of them at a time, and begin them in their order.

    Raises:
        Exception: the first failure of a job, or an interruption of the caller. All threads have ended by then.
    """
    stop = threading.Event()
    running: set[Future[None]] = set()
    with ThreadPoolExecutor(at_once, thread_name_prefix=f"modelyard-{name}") as pool:
        try:
            for job in jobs:
                running.add(pool.submit(work, job, stop))
                if len(running) >= at_once:
                    running = _rest_of(running)
            while running:
                running = _rest_of(running)
        except BaseException:
            stop.set()
            raise
    if stop.is_set():
        raise Stopped


def _rest_of(running: set[Future[None]]) -> set[Future[None]]:
    ended, rest = wait(running, return_when=FIRST_COMPLETED)
    failures = [error for one in ended if (error := one.exception()) is not None]
    failures.sort(key=lambda error: isinstance(error, Stopped))
    if failures:
        raise failures[0]
    return rest

"""Plots drawn by a process of their own, which lives while there are some to draw."""

import asyncio
import logging
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from contextlib import suppress
from importlib.util import find_spec

from modelyard.application.ports.plots import Picture
from modelyard.domain.form_errors import DrawingUnavailable, FormatUnavailable
from modelyard.infrastructure.plots.wire import ANSWER, QUESTION

WORKER = "modelyard.infrastructure.plots.worker"
MAX_WAITING = 32
DRAWINGS_OF_A_CHILD = 1000

_PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR")
"""Variables of the environment that the child gets. It gets no secret."""

logger = logging.getLogger(__name__)


class ChildPlotRenderer:
    """Has one plot drawn after the other by a child process; the first starts it, a pause ends it.

    A child that does not answer in time, fails, or has drawn for long is ended, and the next plot starts another. It
    ends by itself with the server, however that ends: its input is closed then.
    """

    def __init__(self, *, timeout_seconds: float = 10.0, idle_seconds: float = 60.0) -> None:
        self._timeout_seconds = timeout_seconds
        self._idle_seconds = idle_seconds
        self._turn = asyncio.Lock()
        self._waiting = 0
        self._child: Process | None = None
        self._drawn = 0
        self._idle: asyncio.TimerHandle | None = None
        self._endings: set[asyncio.Task[None]] = set()

    @property
    def pid(self) -> int | None:
        """The process that draws, while there is one."""
        return self._child.pid if self._child is not None else None

    async def draw(self, document: bytes, picture: Picture) -> bytes:
        """As the port says."""
        if find_spec("vl_convert") is None:
            raise FormatUnavailable(
                "pictures are not installed on this server",
                hint="Ask for format=vegalite, or have the operator install modelyard[plots].",
            )
        if self._waiting >= MAX_WAITING:
            raise DrawingUnavailable(f"{MAX_WAITING} plots are waiting to be drawn")
        self._waiting += 1
        try:
            async with self._turn:
                return await self._answered(document, picture)
        finally:
            self._waiting -= 1

    async def close(self) -> None:
        """As the port says."""
        self._end()
        await asyncio.gather(*self._endings)

    async def _answered(self, document: bytes, picture: Picture) -> bytes:
        is_sound = False
        try:
            async with asyncio.timeout(self._timeout_seconds):
                is_drawn, answer = await self._ask(document, picture)
            is_sound = is_drawn and self._drawn < DRAWINGS_OF_A_CHILD
        except (TimeoutError, OSError, asyncio.IncompleteReadError) as error:
            raise DrawingUnavailable("the plot was not drawn in time, or what draws it ended") from error
        finally:
            if is_sound:
                self._rest()
            else:  # also where the caller has gone: its answer would be the next one's
                self._end()
        if not is_drawn:
            logger.error("a plot cannot be drawn: %s", answer.decode(errors="replace"))
            raise DrawingUnavailable("the plot cannot be drawn")
        return answer

    async def _ask(self, document: bytes, picture: Picture) -> tuple[bool, bytes]:
        child = await self._ready()
        assert child.stdin is not None  # noqa: S101 - piped
        assert child.stdout is not None  # noqa: S101 - piped
        child.stdin.write(QUESTION.pack(picture.encode(), len(document)) + document)
        await child.stdin.drain()
        is_drawn, size = ANSWER.unpack(await child.stdout.readexactly(ANSWER.size))
        self._drawn += 1
        return is_drawn, await child.stdout.readexactly(size)

    async def _ready(self) -> Process:
        if self._idle is not None:
            self._idle.cancel()
            self._idle = None
        if self._child is None or self._child.returncode is not None:
            environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
            command = (sys.executable, "-I", "-m", WORKER)
            self._child = await asyncio.create_subprocess_exec(
                *command, stdin=PIPE, stdout=PIPE, stderr=DEVNULL, env=environment, start_new_session=True
            )
            self._drawn = 0
        return self._child

    def _rest(self) -> None:
        self._idle = asyncio.get_running_loop().call_later(self._idle_seconds, self._end)

    def _end(self) -> None:
        if self._idle is not None:
            self._idle.cancel()
        child, self._idle, self._child = self._child, None, None
        if child is not None:
            ending = asyncio.create_task(_ended(child))
            self._endings.add(ending)
            ending.add_done_callback(self._endings.discard)


async def _ended(child: Process) -> None:
    """Kill it and see it go, and let go of its pipes: a loop that ends before has them left."""
    if child.returncode is None:
        child.kill()
    if child.stdin is not None:
        child.stdin.close()
        with suppress(BrokenPipeError, ConnectionResetError):
            await child.stdin.wait_closed()
    await child.communicate()

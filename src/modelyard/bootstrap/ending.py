"""Stopping without losing a connection that was let in: a client or proxy that was refused may go elsewhere."""

import asyncio
import select
import socket
from collections.abc import Sequence

import uvicorn

_TURNS = 200
"""How often the loop may turn until the queue is empty: connections that come faster than that are refused."""


class EndingServer(uvicorn.Server):
    """uvicorn's server, which takes the connections that wait in the queue of its socket before it closes that.

    Closing resets them, after their clients may have sent a request that they cannot know the fate of.
    """

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Take what waits; then as uvicorn does: refuse new connections, let running requests end."""
        await _take_waiting(sockets or ())
        await super().shutdown(sockets)


async def _take_waiting(listeners: Sequence[socket.socket]) -> None:
    queues = select.poll()
    for listener in listeners:
        queues.register(listener, select.POLLIN)
    for _ in range(_TURNS):
        if not queues.poll(0):
            return
        await asyncio.sleep(0)  # each turn of the loop takes some of them

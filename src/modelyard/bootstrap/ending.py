"""Stopping without losing a connection that was let in: a client or proxy that is refused may go elsewhere."""

import asyncio
import contextlib
import ctypes
import select
import socket
import struct
import sys
from collections.abc import Sequence

import uvicorn

END_STREAMS = "end_streams"
"""Where the application leaves, in the state of its lifespan, what ends the answers that have no end of their own."""

_TURNS = 2_000
"""How often the loop may turn until the queue is empty, for systems that cannot close the door before."""

_SO_ATTACH_FILTER = 26
_DROP_SYN = struct.pack(
    "HBBI" * 4,
    *(0x30, 0, 0, 13),  # load the flags of the TCP header
    *(0x45, 0, 1, 0x02),  # SYN?
    *(0x06, 0, 0, 0),  # drop it
    *(0x06, 0, 0, 0xFFFF),  # let pass
)
"""A filter of packets (classic BPF)."""


class EndingServer(uvicorn.Server):
    """uvicorn's server, which takes the connections that wait in the queue of its socket before it closes that.

    Closing resets them, after their clients may have sent a request whose fate they cannot know. One that shares its
    socket with others leaves the door to the process that ends them all.
    """

    def __init__(self, config: uvicorn.Config, *, is_alone: bool) -> None:
        super().__init__(config)
        self._is_alone = is_alone

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Take what waits; then as uvicorn does: refuse new connections, let running requests end."""
        if self._is_alone:
            for listener in sockets or ():
                close_door(listener)
        await _take_waiting(sockets or ())
        self.lifespan.state.get(END_STREAMS, _nothing)()
        await super().shutdown(sockets)


def close_door(listener: socket.socket) -> None:
    """Let no more connections into the queue, in all processes that share the socket.

    Who knocks hears nothing, knocks again after a second, and is refused when the socket is closed by then. Where the
    kernel is not Linux, or lets this user attach no filter, nothing happens, and a connection may slip in just before
    the socket is closed.
    """
    if sys.platform != "linux":
        return
    program = ctypes.create_string_buffer(_DROP_SYN)
    address = struct.pack("HP", len(_DROP_SYN) // 8, ctypes.addressof(program))
    with contextlib.suppress(PermissionError):
        listener.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, address)


def _nothing() -> None:
    pass


async def _take_waiting(listeners: Sequence[socket.socket]) -> None:
    queues = select.poll()
    for listener in listeners:
        queues.register(listener, select.POLLIN)
    for _ in range(_TURNS):
        if not queues.poll(0):
            return
        await asyncio.sleep(0)  # each turn of the loop takes some of them

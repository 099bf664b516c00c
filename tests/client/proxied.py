"""The proxy of the tests in a thread of its own, and what passes through it, counted."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tests.servers.proxy import Fault, Proxy, proxy_to, through


class ProxyThread:
    """What the proxy is told holds from the next portion on."""

    def __init__(self, proxy: Proxy, loop: asyncio.AbstractEventLoop) -> None:
        self.proxy = proxy
        self.sent_bytes = 0
        self.received_bytes = 0
        self._loop = loop

    @property
    def url(self) -> str:
        return f"http://{self.proxy.host}"

    def count(self, request: Fault = through, answer: Fault = through) -> None:
        """Count from zero; what the faults leave is what passes."""
        self.sent_bytes = self.received_bytes = 0

        def counted_request(portion: bytes) -> bytes | None:
            self.sent_bytes += len(portion)
            return request(portion)

        def counted_answer(portion: bytes) -> bytes | None:
            self.received_bytes += len(portion)
            return answer(portion)

        self.proxy.request, self.proxy.answer = counted_request, counted_answer

    def heal(self) -> None:
        asyncio.run_coroutine_threadsafe(self._heal(), self._loop).result()

    async def _heal(self) -> None:
        self.proxy.heal()


def acting_after(count_bytes: int, act: Callable[[], object]) -> Fault:
    """Do something once, when so many bytes have passed; slowly enough that what is done has an effect."""
    left = [count_bytes]

    def fault(portion: bytes) -> bytes:
        time.sleep(0.0005)
        if left[0] >= 0:
            left[0] -= len(portion)
            if left[0] < 0:
                act()
        return portion

    return fault


def closing_after(count_bytes: int, times: int = 1) -> Fault:
    """Close a connection when so many bytes have passed, and again after as many, so many times."""
    left = [count_bytes, times]

    def fault(portion: bytes) -> bytes | None:
        if left[1] <= 0:
            return portion
        left[0] -= len(portion)
        if left[0] >= 0:
            return portion
        left[0], left[1] = count_bytes, left[1] - 1
        return None

    return fault


def flipping(marker: bytes, times: int) -> Fault:
    """Change a byte behind a marker that stands within one portion, so many times."""
    left = [times]

    def fault(portion: bytes) -> bytes:
        place = portion.find(marker)
        if place < 0 or left[0] <= 0:
            return portion
        left[0] -= 1
        return portion.replace(marker, bytes([marker[0] ^ 1]) + marker[1:], 1)

    return fault


@contextmanager
def proxying(url: str) -> Iterator[ProxyThread]:
    """A proxy to the server at this address, as long as the block lasts."""
    ready = threading.Event()
    found: list[ProxyThread] = []
    ended = asyncio.Event()

    async def serve() -> None:
        async with proxy_to(url.removeprefix("http://")) as proxy:
            found.append(ProxyThread(proxy, asyncio.get_running_loop()))
            ready.set()
            await ended.wait()

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    assert ready.wait(30)
    try:
        yield found[0]
    finally:
        found[0]._loop.call_soon_threadsafe(ended.set)
        thread.join()

"""A TCP proxy that breaks what passes through it, as networks and overloaded stores do."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

Fault = Callable[[bytes], bytes | None]
"""What becomes of a portion on its way; None closes the connection."""


def through(portion: bytes) -> bytes:
    return portion


def closed(_: bytes) -> None:
    return None


def answering(status: int, code: str = "SlowDown", text: str = "") -> bytes:
    """A whole answer, as S3 gives it."""
    body = f'<?xml version="1.0"?><Error><Code>{code}</Code><Message>{text}</Message></Error>'.encode()
    head = f"HTTP/1.1 {status} Fault\r\nContent-Type: application/xml\r\nContent-Length: {len(body)}\r\n"
    return f"{head}Connection: close\r\n\r\n".encode() + body


@dataclass(slots=True)
class Proxy:
    """Passes everything through, until it is told otherwise; what it is told holds for open connections too."""

    target: tuple[str, int] | Path
    """Host and port, or a socket of this machine."""
    port: int = 0
    request: Fault = through
    answer: Fault = through
    reply: bytes | None = None
    """Said in place of the target, which is not asked."""
    is_stalled: bool = False
    connections: int = 0
    _writers: set[asyncio.StreamWriter] = field(default_factory=set)
    _served: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    def heal(self) -> None:
        """Pass everything through again; connections that were held up are closed."""
        self.request = self.answer = through
        self.reply = None
        self.is_stalled = False
        for writer in self._writers:
            writer.close()

    async def end(self) -> None:
        """Close all connections, and wait until nobody serves them."""
        self.heal()
        await asyncio.gather(*self._served)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._served.add(task)
        task.add_done_callback(self._served.discard)
        self.connections += 1
        self._writers.add(writer)
        try:
            upstream_reader, upstream = await self._connect()
            self._writers.add(upstream)
            try:
                inward = asyncio.create_task(self._pass(reader, upstream, writer, is_request=True))
                outward = asyncio.create_task(self._pass(upstream_reader, writer, writer, is_request=False))
                await asyncio.wait((inward, outward), return_when=asyncio.FIRST_COMPLETED)
                inward.cancel()
                outward.cancel()
                await asyncio.gather(inward, outward, return_exceptions=True)
            finally:
                self._writers.discard(upstream)
                upstream.close()
        finally:
            self._writers.discard(writer)
            writer.close()

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if isinstance(self.target, Path):
            return await asyncio.open_unix_connection(self.target)
        return await asyncio.open_connection(*self.target)

    async def _pass(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        client: asyncio.StreamWriter,
        *,
        is_request: bool,
    ) -> None:
        with suppress(OSError):
            while portion := await reader.read(65536):
                if self.is_stalled:
                    await client.wait_closed()
                    return
                if is_request and self.reply is not None:
                    client.write(self.reply)
                    await client.drain()
                    return
                changed = (self.request if is_request else self.answer)(portion)
                if changed is None:
                    return
                writer.write(changed)
                await writer.drain()


def _parted(target: str) -> tuple[str, int]:
    host, _, port = target.partition(":")
    return host, int(port)


@asynccontextmanager
async def proxy_to(target: str | Path) -> AsyncIterator[Proxy]:
    """A proxy on a port of its own, to `host:port` or to a socket of this machine."""
    proxy = Proxy(target=target if isinstance(target, Path) else _parted(target))
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    proxy.port = server.sockets[0].getsockname()[1]
    try:
        yield proxy
    finally:
        server.close()
        await proxy.end()

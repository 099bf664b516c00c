"""Traffic on a cluster while something happens to it, and what must be there afterwards."""

import asyncio
import contextlib
import itertools
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import httpx

from tests.api.steps import done, form
from tests.servers.cluster import eventually

READERS = 4
WRITERS = 4
TRIES = 3
GONE = frozenset({502, 503, 504})
CONTENT = b"the bytes of a model" * 1000


@dataclass(slots=True, kw_only=True)
class Traffic:
    """Clients that read, register, point an alias and download, through one front, until they are told to end.

    `has_keys` says whether registrations carry an `Idempotency-Key`, as those must that come while servers are killed.
    """

    client: httpx.AsyncClient
    model: str
    has_keys: bool
    acknowledged: dict[int, str] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)
    reads: int = 0
    _has_ended: asyncio.Event = field(default_factory=asyncio.Event)
    _serial: "itertools.count[int]" = field(default_factory=itertools.count)

    @contextlib.asynccontextmanager
    async def flowing(self) -> AsyncIterator[None]:
        """From the moment on at which each kind of request has succeeded, until the end of the last one."""
        address = f"/models/{self.model}/versions?create_model=true"
        done(await self.client.post(address, files=form({"model.bin": CONTENT})))
        done(await self.client.put(f"/models/{self.model}/aliases/champion", json={"version": 1}))
        tasks = [asyncio.create_task(self._read()) for _ in range(READERS)]
        tasks += [asyncio.create_task(self._write()) for _ in range(WRITERS)]
        try:
            await self.more()
            yield
            await self.more()
        finally:
            self._has_ended.set()
            await asyncio.gather(*tasks)

    async def more(self) -> None:
        """Wait until some more requests of each kind were answered, or one failed."""
        reads, writes = self.reads + 3 * READERS, len(self.acknowledged) + 3 * WRITERS
        await eventually(lambda: bool(self.failures) or (self.reads >= reads and len(self.acknowledged) >= writes))

    async def check(self) -> None:
        """No request failed, and everything that was acknowledged is there; numbers have no gap."""
        assert not self.failures, self.failures[:3]
        newest = done(await self.client.get(f"/models/{self.model}/versions/latest"))["number"]
        assert set(self.acknowledged) == set(range(2, newest + 1))
        for number, description in self.acknowledged.items():
            version = done(await self.client.get(f"/models/{self.model}/versions/{number}"))
            assert version["description"] == description

    async def _read(self) -> None:
        addresses = itertools.cycle(["versions/@champion", "versions/latest", "versions", "versions/1/files/model.bin"])
        while not self._has_ended.is_set():
            answer = await self._sent("GET", next(addresses))
            if answer is not None:
                self.reads += 1

    async def _write(self) -> None:
        while not self._has_ended.is_set():
            description = f"run {next(self._serial)}"
            key = {"Idempotency-Key": secrets.token_hex(8)} if self.has_keys else {}
            answer = await self._sent("POST", "versions", json={"description": description}, headers=key)
            if answer is not None:
                number = answer.json()["number"]
                self.acknowledged[number] = description
                await self._sent("PUT", "aliases/champion", json={"version": number})

    async def _sent(self, method: str, path: str, **content: object) -> httpx.Response | None:
        """The answer, unless it is a failure.

        With keys all may be sent again, as the Python client does: what stands before the servers repeats what it
        can, but neither an answer that broke off after its head nor one whose second try met the same end.
        """
        failure = ""
        for _ in range(TRIES if self.has_keys else 1):
            try:
                answer = await self.client.request(method, f"/models/{self.model}/{path}", **content)  # type: ignore[arg-type]  # as httpx takes them
            except httpx.TransportError as error:
                failure = f"{method} {path}: {error!r}"
                continue
            if answer.is_success and (not path.endswith("model.bin") or answer.content == CONTENT):
                return answer
            failure = f"{method} {path}: {answer.status_code} {answer.text[:300]}"
            if answer.status_code not in GONE:
                break
        self.failures.append(failure)
        return None

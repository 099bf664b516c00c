"""Calls to an object store: each in bounded time, behind a circuit breaker, and with errors of the registry."""

import asyncio
import logging
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TypeVar

from obstore import sign_async
from obstore.exceptions import AlreadyExistsError, BaseError
from obstore.store import AzureStore, GCSStore, S3Store

from modelyard.domain.errors import BlobLost, StorageUnavailable
from modelyard.infrastructure.blobs.object_faults import FAULTS, is_answer, is_beyond_end, is_missing, storage_error
from modelyard.infrastructure.blobs.object_parts import Ahead, Feed
from modelyard.infrastructure.circuit_breaker import CircuitBreaker, CircuitOpen

T = TypeVar("T")
BucketStore = S3Store | GCSStore | AzureStore

_PAGE = 1000
_READ_TRIES = 3
_READ_PAUSE_SECONDS = 0.2
_COPY_BYTES_PER_SECOND = 10 * 2**20

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long a store may take: one request, its retries, and a call with all of them. In seconds."""

    request: float = 20.0
    retries: float = 15.0
    call: float = 40.0
    max_retries: int = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectStatus:
    """What a listing tells of an object."""

    path: str
    size_bytes: int
    changed_at: datetime


class ObjectClient:
    """What the blob store asks of a bucket. Every method may raise `StorageFull` or `StorageUnavailable`.

    Requests are retried by obstore, with jitter. `copies` is the same bucket as `bucket` with more time for a request:
    a provider may copy for minutes before it answers.
    """

    def __init__(
        self,
        bucket: BucketStore,
        copies: BucketStore,
        *,
        parts_in_flight: int,
        patience: Patience | None = None,
        breaker: CircuitBreaker | None = None,
    ) -> None:
        self._bucket = bucket
        self._copies = copies
        self._patience = patience or Patience()
        self._breaker = breaker or CircuitBreaker()
        self._budget = asyncio.Semaphore(parts_in_flight)

    async def put(self, path: str, content: bytes) -> None:
        """Store a small object, in place of one that is there."""
        async with self._budget:
            await self._call("put", lambda: self._bucket.put_async(path, content, use_multipart=False))

    async def create(self, path: str, content: bytes) -> bool:
        """Store a small object; False where there is one already, which stays as it is.

        False may also mean that an earlier try of this very call arrived, and only its answer was lost.
        """

        async def put() -> bool:
            try:
                await self._bucket.put_async(path, content, mode="create", use_multipart=False)
            except AlreadyExistsError:
                return False
            return True

        async with self._budget:
            return await self._call("create", put)

    async def put_parts(self, path: str, parts: Ahead[bytes], part_bytes: int) -> None:
        """Store an object of many parts, each `part_bytes` long but the last. It is there when all of it is.

        When the source of the parts raises, or the task is cancelled, the upload is aborted in the store.
        """
        self._enter()
        buffers = Feed(parts, self._budget).buffers()
        upload = asyncio.ensure_future(
            self._bucket.put_async(path, buffers, use_multipart=True, chunk_size=part_bytes, max_concurrency=1)
        )
        async with aclosing(buffers):
            try:
                await _to_its_end(upload, parts.stop)
            except FAULTS as error:
                raise self._failed("put_parts", error) from None
        self._breaker.succeed()

    async def copy(self, source: str, target: str, size_bytes: int) -> bool:
        """Copy within the store; False where the target is there already, which stays as it is.

        Raises:
            BlobLost: the source is not there.
        """

        async def copy() -> bool:
            try:
                await self._copies.copy_async(source, target, overwrite=False)
            except AlreadyExistsError:
                return False
            return True

        seconds = self._patience.call + size_bytes / _COPY_BYTES_PER_SECOND
        # On S3 this is an upload of one part: cancelled halfway it would stay behind, unfinished.
        return await _to_its_end(asyncio.ensure_future(self._call("copy", copy, seconds)))

    async def get(self, path: str, start: int, stop: int, needed_bytes: int = 0) -> bytes:
        """Bytes `start` to `stop`, of which there is at least one, of an object of at least `needed_bytes`.

        Raises:
            BlobLost: the object is not there, or shorter.
        """
        for tries in range(1, _READ_TRIES + 1):
            content, size_bytes = await self._call("get", lambda: self._got(path, start, stop))
            if size_bytes < max(stop, needed_bytes):
                raise BlobLost("a stored file is shorter than recorded")
            if len(content) == stop - start:
                return content
            self._breaker.fail()
            if tries < _READ_TRIES:
                await asyncio.sleep(random.uniform(0, _READ_PAUSE_SECONDS * 2**tries))  # noqa: S311  # jitter, no key
        raise StorageUnavailable("the object store gave fewer bytes than it announced")

    async def _got(self, path: str, start: int, stop: int) -> tuple[bytes, int]:
        try:
            result = await self._bucket.get_async(path, options={"range": (start, stop)})
        except BaseError as error:
            if is_beyond_end(error):
                raise BlobLost("a stored file is shorter than recorded") from None
            raise
        size_bytes = result.meta["size"]
        return bytes(await result.bytes_async()), size_bytes

    async def size(self, path: str) -> int | None:
        """How many bytes an object has; None where it is not there."""

        async def head() -> int | None:
            try:
                status = await self._bucket.head_async(path)
            except FileNotFoundError as error:
                if is_missing(error):
                    return None
                raise
            return status["size"]

        return await self._call("head", head)

    async def delete(self, paths: Sequence[str]) -> None:
        """Delete up to 1,000 objects; those that are not there are no error."""
        try:
            await self._call("delete", lambda: self._bucket.delete_async(paths))
        except BlobLost:  # S3 does not care; GCS and Azure end at the first that is missing
            for path in paths:
                with suppress(BlobLost):
                    await self._call("delete", partial(self._bucket.delete_async, path))

    async def list(self, folder: str, after: str | None = None) -> AsyncIterator[ObjectStatus]:
        """The objects below a folder, in the order of their names, from the one after `after` on."""
        pages = self._bucket.list(folder, offset=after, chunk_size=_PAGE)

        async def next_page() -> list[ObjectStatus]:
            page = await anext(aiter(pages), None) or ()
            return [
                ObjectStatus(path=found["path"], size_bytes=found["size"], changed_at=found["last_modified"])
                for found in page
            ]

        while page := await self._call("list", next_page):
            for status in page:
                yield status

    async def signed_url(self, path: str, ttl_seconds: int) -> str:
        """An address from which anyone can fetch the object for so long."""
        return await self._call("sign", lambda: sign_async(self._bucket, "GET", path, timedelta(seconds=ttl_seconds)))

    async def _call(self, name: str, call: Callable[[], Awaitable[T]], seconds: float | None = None) -> T:
        self._enter()
        try:
            async with asyncio.timeout(seconds or self._patience.call):
                answer = await call()
        except BlobLost:
            self._breaker.succeed()
            raise
        except FAULTS as error:
            if is_missing(error):
                self._breaker.succeed()
                raise BlobLost("a stored file is missing") from None
            raise self._failed(name, error) from None
        self._breaker.succeed()
        return answer

    def _enter(self) -> None:
        try:
            self._breaker.enter()
        except CircuitOpen:
            raise StorageUnavailable("the object store does not answer; it is tried again in a few seconds") from None

    def _failed(self, name: str, error: Exception) -> Exception:
        if is_answer(error):
            self._breaker.succeed()
        else:
            self._breaker.fail()
        failure = storage_error(error)
        logger.error("%s: %s", name, failure.message)
        return failure


def age_seconds(status: ObjectStatus) -> float:
    """Since its last change, by this machine's clock against the store's; never below 0."""
    return max(0.0, (datetime.now(UTC) - status.changed_at).total_seconds())


async def _to_its_end(request: "asyncio.Future[T]", on_cancel: Callable[[], None] = lambda: None) -> T:
    """Wait for a request that must not be cancelled halfway; a cancellation is held back so long, and raised then."""
    cancelled: asyncio.CancelledError | None = None
    while not request.done():
        try:
            await asyncio.wait((request,))
        except asyncio.CancelledError as error:
            cancelled = error
            on_cancel()
    if cancelled is not None:
        request.exception()
        raise cancelled
    return request.result()

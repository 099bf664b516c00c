"""Steps that the tests of the store on a disk share, and a way to stand between it and the kernel."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import wraps
from pathlib import Path
from typing import ParamSpec, TypeVar

from modelyard.application.ports.blob_store import BlobKey
from modelyard.infrastructure.blobs.filesystem import FilesystemBlobStore

P = ParamSpec("P")
T = TypeVar("T")

MIB = 2**20


@asynccontextmanager
async def opened(root: Path) -> AsyncIterator[FilesystemBlobStore]:
    store = FilesystemBlobStore(root)
    await store.open()
    try:
        yield store
    finally:
        await store.close()


async def stream(*pieces: bytes) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


async def published(store: FilesystemBlobStore, content: bytes) -> BlobKey:
    upload = await store.stage(stream(content), limit_bytes=len(content))
    key = BlobKey(digest=upload.digest, generation="g1")
    await store.publish(upload, key)
    return key


async def content_of(store: FilesystemBlobStore, key: BlobKey, size_bytes: int) -> bytes:
    return b"".join([piece async for piece in store.read(key, 0, size_bytes)])


async def tokens(store: FilesystemBlobStore) -> list[str]:
    return [token async for token, _ in store.staged()]


def place(key: BlobKey) -> str:
    """Where a blob lies, from the root on."""
    digits = key.digest.removeprefix("sha256:")
    return f"sha256/{digits[:2]}/{digits}.{key.generation}"


def files_in(root: Path) -> list[str]:
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


def open_files_in(root: Path) -> list[str]:
    """What this process holds open below the root, unlinked files included."""
    names = []
    for descriptor in Path("/proc/self/fd").iterdir():
        try:
            names.append(str(descriptor.readlink()))
        except FileNotFoundError:  # the one that listed them
            continue
    return [name for name in names if name.startswith(str(root))]


def is_of_the_store() -> bool:
    """Whether this thread is one of the store's; whatever else runs meanwhile is left in peace."""
    return threading.current_thread().name.startswith("blob-")


def before(real: Callable[P, T], step: Callable[P, object]) -> Callable[P, T]:
    """A call of the kernel with a step of the test before it."""

    @wraps(real)
    def call(*args: P.args, **kwargs: P.kwargs) -> T:
        step(*args, **kwargs)
        return real(*args, **kwargs)

    return call


class Gate:
    """Holds a thread until the test lets it pass."""

    def __init__(self) -> None:
        self._has_come = threading.Event()
        self._is_open = threading.Event()

    def pass_through(self, *_: object) -> None:
        if is_of_the_store():
            self._has_come.set()
            assert self._is_open.wait(30)

    async def someone_waits(self) -> None:
        assert await asyncio.to_thread(self._has_come.wait, 30)

    def open(self) -> None:
        self._is_open.set()


async def reopen(store: FilesystemBlobStore) -> None:
    """As after a restart: what was hashed of uploads under way has to be read again."""
    await store.close()
    await store.open()

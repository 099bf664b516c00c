"""Carrying files from one store to another: each hashed on its way, none twice."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field

from modelyard.application.ports.blob_store import BlobKey, BlobStore
from modelyard.application.ports.rows import DamagedFile, RowSnapshot
from modelyard.domain.digest import Digest
from modelyard.domain.errors import BlobLost, RegistryError, StorageUnavailable

_TOGETHER = 8
"""Files on their way at once: small ones wait for the disk or the network most of the time."""

_FAILURES = 10
"""Files in a row that the store could not read before it is held to be out of order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """A file to be carried, with its keys in both stores, which have one digest, and its recorded size."""

    source: BlobKey
    target: BlobKey
    size_bytes: int
    blob_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Damage:
    """A file that could not be brought whole; it is not in the target."""

    digest: Digest
    blob_id: int
    detail: str


@dataclass(slots=True, kw_only=True)
class CarriedFiles:
    """What came of it so far. `present_count` files were in the target before."""

    present_count: int = 0
    sent_count: int = 0
    sent_bytes: int = 0
    damages: list[Damage] = field(default_factory=list)


class Carriage:
    """Brings files into a target store; it can be interrupted anywhere and begun again, and goes on where it stopped.

    A file counts as present when the target has its key in its size: stores publish nothing that was not hashed
    before. Nobody else may write to these keys meanwhile. `sizes` has all keys of the target that were asked for.
    """

    def __init__(self, source: BlobStore, target: BlobStore, tell: Callable[[CarriedFiles], None]) -> None:
        self._source = source
        self._target = target
        self._tell = tell
        self._present: Mapping[BlobKey, int] | None = None
        self.sizes: dict[BlobKey, int] = {}
        self._failures = 0
        self.carried = CarriedFiles()

    async def bring(self, parcels: Iterable[Parcel]) -> CarriedFiles:
        """Carry what is not there yet; a damaged file holds up no other. Each key is looked at once.

        Raises:
            StorageUnavailable, StorageFull: the target takes no file, or the source gives none.
        """
        if self._present is None:
            self._present = {key: size_bytes async for key, size_bytes in self._target.stored()}
        waiting = iter(parcels)
        try:
            async with asyncio.TaskGroup() as porters:
                for _ in range(_TOGETHER):
                    porters.create_task(self._work(waiting, self._present))
        except* RegistryError as group:
            raise _first_of(group) from None
        self._tell(self.carried)
        return self.carried

    async def _work(self, waiting: Iterator[Parcel], present: Mapping[BlobKey, int]) -> None:
        for parcel in waiting:
            if parcel.target in self.sizes:
                continue
            self.sizes[parcel.target] = parcel.size_bytes
            size_bytes = present.get(parcel.target)
            if size_bytes == parcel.size_bytes:
                self.carried.present_count += 1
                continue
            if size_bytes is not None:
                await self._target.delete(parcel.target)
            await self._carry(parcel)
            self._tell(self.carried)

    async def _carry(self, parcel: Parcel) -> None:
        digest = parcel.target.digest
        try:
            async with aclosing(self._pieces(parcel)) as pieces:
                staged = await self._target.stage(pieces, limit_bytes=parcel.size_bytes)
        except _Unreadable as error:
            self._note(parcel, error.reason.message)
            self._failures += isinstance(error.reason, StorageUnavailable)
            if self._failures >= _FAILURES:
                raise error.reason from None
            return
        self._failures = 0
        if staged.digest != digest:
            await self._target.discard(staged.token)
            self._note(parcel, f"its bytes have the digest {staged.digest}")
            return
        await self._target.publish(staged, parcel.target)
        self.carried.sent_count += 1
        self.carried.sent_bytes += parcel.size_bytes

    async def _pieces(self, parcel: Parcel) -> AsyncGenerator[bytes, None]:
        """The bytes of the source; its errors are told apart from the target's."""
        try:
            async with aclosing(self._source.read(parcel.source, 0, parcel.size_bytes)) as pieces:
                async for piece in pieces:
                    yield piece
        except (BlobLost, StorageUnavailable) as error:
            raise _Unreadable(error) from error

    def _note(self, parcel: Parcel, detail: str) -> None:
        self.carried.damages.append(Damage(digest=parcel.target.digest, blob_id=parcel.blob_id, detail=detail))


def named(damages: Iterable[Damage], snapshot: RowSnapshot) -> tuple[DamagedFile, ...]:
    """What is damaged, with the files of the versions that it is damage to."""
    return tuple(
        DamagedFile(
            digest=damage.digest,
            detail=damage.detail,
            uses=tuple(f"{use.model}:{use.version} {use.path}" for use in snapshot.uses(damage.blob_id)),
        )
        for damage in damages
    )


class _Unreadable(Exception):
    """The source could not give the bytes of a file."""

    def __init__(self, reason: BlobLost | StorageUnavailable) -> None:
        super().__init__(reason.message)
        self.reason = reason


def _first_of(group: ExceptionGroup[RegistryError]) -> RegistryError:
    """One is as good as the other: what fails for all of them fails for each."""
    error: Exception = group
    while isinstance(error, ExceptionGroup):
        error = error.exceptions[0]
    assert isinstance(error, RegistryError)  # noqa: S101 - what the group was split by
    return error

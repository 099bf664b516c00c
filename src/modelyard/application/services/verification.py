"""Proving that what is stored is what was registered."""

import hashlib
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from enum import StrEnum

from modelyard.application.ports.blob_store import BlobKey, BlobStore
from modelyard.application.ports.blobs import Blob, BlobState, BlobUse
from modelyard.application.ports.database import Database, Transaction
from modelyard.application.ports.events import Head
from modelyard.application.services.collection import listed
from modelyard.application.services.consistency import manifest_faults
from modelyard.application.services.histories import Histories
from modelyard.application.services.sampling import Sample
from modelyard.domain.errors import BlobLost, StorageFull, StorageUnavailable

_PAGE = 500


class Fault(StrEnum):
    """What can be wrong."""

    MISSING_FILE = "missing-file"
    WRONG_SIZE = "wrong-size"
    WRONG_DIGEST = "wrong-digest"
    UNREADABLE_FILE = "unreadable-file"
    QUARANTINED = "quarantined"
    WRONG_MANIFEST = "wrong-manifest"
    BROKEN_HISTORY = "broken-history"


_DAMAGE = frozenset({Fault.MISSING_FILE, Fault.WRONG_SIZE, Fault.WRONG_DIGEST})
"""What is so for good. A file that cannot be read now may be whole."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something that is wrong; `subject` is a key of the store, a version, a model or the registry."""

    fault: Fault
    subject: str
    detail: str
    uses: tuple[BlobUse, ...] = ()
    is_quarantined: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """How much is read: all files, or a random choice by count or by bytes; and whether histories are proved.

    `heads` are the last events of chains, as somebody noted them: the chains have to reach them.
    """

    sample_count: int | None = None
    sample_bytes: int | None = None
    has_events: bool = False
    heads: tuple[Head, ...] = ()
    is_quarantining: bool = False


@dataclass(slots=True, kw_only=True)
class VerificationReport:
    """What was looked at, and what is wrong. Unknown files are not: a crash leaves them, and uploads pass by there."""

    findings: list[Finding]
    unknown: list[BlobKey]
    file_count: int = 0
    read_count: int = 0
    read_bytes: int = 0
    version_count: int = 0
    event_count: int = 0
    released_count: int = 0


class Verification:
    """Reads what is stored and holds it against what is recorded, beside a running server.

    It changes nothing, unless it is asked to quarantine: then damaged blobs are taken out of use, and those whose bytes
    are right again are taken back.
    """

    def __init__(self, database: Database, blob_store: BlobStore) -> None:
        self._database = database
        self._blob_store = blob_store

    async def run(self, scope: Scope) -> VerificationReport:
        """One pass over everything in scope. Sizes and presence of all files are always compared.

        Raises:
            StorageUnavailable: the store cannot be listed.
        """
        report = VerificationReport(findings=[], unknown=[])
        await self._check_files(scope, report)
        async for version, fault in manifest_faults(self._database):
            report.version_count += 1
            if fault:
                report.findings.append(Finding(fault=Fault.WRONG_MANIFEST, subject=version, detail=fault))
        if scope.has_events:
            histories = Histories(self._database, scope.heads)
            for subject, fault in await histories.faults():
                report.findings.append(Finding(fault=Fault.BROKEN_HISTORY, subject=subject, detail=fault))
            report.event_count = histories.count
        return report

    async def _check_files(self, scope: Scope, report: VerificationReport) -> None:
        sizes = await self._sizes(report)
        chosen = await self._choice(scope)
        async for blob in self._kept():
            report.file_count += 1
            # A quarantined one is always read: without that nobody knows whether it is right again.
            is_read = chosen is None or blob.id in chosen or blob.state is BlobState.QUARANTINED
            if is_read:
                report.read_count += 1
                report.read_bytes += blob.size_bytes
            await self._tell(blob, await self._fault_of(blob, sizes, is_read=is_read), scope, report)

    async def _sizes(self, report: VerificationReport) -> Mapping[int, int]:
        """The size of each file that a row names, by the row's id; other files are noted as unknown."""
        found: dict[int, int] = {}
        async for sizes in listed(self._blob_store):
            named = await self._database.scan(_named, list(sizes))
            for key, size_bytes in sizes.items():
                if key in named:
                    found[named[key].id] = size_bytes
                else:
                    report.unknown.append(key)
        return found

    async def _choice(self, scope: Scope) -> frozenset[int] | None:
        if scope.sample_count is None and scope.sample_bytes is None:
            return None
        sample = Sample(limit_count=scope.sample_count, limit_bytes=scope.sample_bytes)
        async for blob in self._kept():
            sample.offer(blob.id, blob.size_bytes)
        return sample.chosen()

    async def _kept(self) -> AsyncIterator[Blob]:
        beyond = 0
        while page := await self._database.scan(_kept, beyond):
            for blob in page:
                yield blob
            beyond = page[-1].id

    async def _fault_of(self, blob: Blob, sizes: Mapping[int, int], *, is_read: bool) -> tuple[Fault, str] | None:
        size_bytes = sizes.get(blob.id, blob.size_bytes)
        if size_bytes != blob.size_bytes:
            return Fault.WRONG_SIZE, f"it has {size_bytes} bytes, not {blob.size_bytes}"
        if not is_read and blob.id in sizes:
            return None
        try:
            digest = await self._digest_of(blob, 0 if is_read else max(blob.size_bytes - 1, 0))
        except BlobLost as error:
            return Fault.MISSING_FILE, error.message
        except (StorageUnavailable, StorageFull) as error:
            return Fault.UNREADABLE_FILE, error.message
        if is_read and digest != blob.key.digest:
            return Fault.WRONG_DIGEST, f"its bytes have the digest {digest}"
        return None

    async def _digest_of(self, blob: Blob, start: int) -> str:
        digest = hashlib.sha256()
        async with aclosing(self._blob_store.read(blob.key, start, blob.size_bytes)) as pieces:
            async for piece in pieces:
                digest.update(piece)
        return f"sha256:{digest.hexdigest()}"

    async def _tell(
        self, blob: Blob, found: tuple[Fault, str] | None, scope: Scope, report: VerificationReport
    ) -> None:
        """Note what is wrong, as long as the blob is still what it was: a collector may have deleted it meanwhile."""
        if found is None and blob.state is BlobState.LIVE:
            return
        now, uses = await self._database.scan(_state_and_uses, blob)
        if now is not blob.state or (blob.state is BlobState.QUARANTINED and not uses):
            return
        finding = _finding(blob, found, uses)
        if scope.is_quarantining:
            if found is None:
                report.released_count += await self._database.write(_release, blob.id)
                return
            if finding.fault in _DAMAGE:
                finding = replace(finding, is_quarantined=await self._database.write(_quarantine, blob.id))
        report.findings.append(finding)


def _finding(blob: Blob, found: tuple[Fault, str] | None, uses: Sequence[BlobUse]) -> Finding:
    fault, detail = found or (Fault.QUARANTINED, "its bytes are right again; --quarantine takes it back into use")
    is_quarantined = blob.state is BlobState.QUARANTINED
    if is_quarantined and found is not None:
        fault, detail = Fault.QUARANTINED, f"{fault}: {detail}"
    subject = f"{blob.key.digest}.{blob.key.generation}"
    return Finding(fault=fault, subject=subject, detail=detail, uses=tuple(uses), is_quarantined=is_quarantined)


def _named(tx: Transaction, keys: Sequence[BlobKey]) -> Mapping[BlobKey, Blob]:
    return tx.blobs.named(keys)


def _kept(tx: Transaction, beyond: int) -> Sequence[Blob]:
    return tx.blobs.kept(beyond=beyond, limit=_PAGE)


def _state_and_uses(tx: Transaction, blob: Blob) -> tuple[BlobState | None, Sequence[BlobUse]]:
    now = tx.blobs.named([blob.key]).get(blob.key)
    return None if now is None else now.state, tx.blobs.uses(blob.id)


def _quarantine(tx: Transaction, blob_id: int) -> bool:
    return tx.blobs.quarantine(blob_id)


def _release(tx: Transaction, blob_id: int) -> bool:
    return tx.blobs.release(blob_id)

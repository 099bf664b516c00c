"""Backups in a folder."""

import fcntl
import hashlib
import os
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from modelyard.application.ports.backups import Manifest
from modelyard.application.ports.blob_store import BlobKey
from modelyard.application.ports.rows import RowSnapshot, TableSum
from modelyard.domain.digest import Digest
from modelyard.domain.errors import StorageUnavailable
from modelyard.infrastructure.backups.manifest_document import document_of, manifest_in
from modelyard.infrastructure.blobs.durable import DurableFile, make_folders, sync_folder
from modelyard.infrastructure.blobs.faults import storage_error
from modelyard.infrastructure.blobs.filesystem import FilesystemBlobStore
from modelyard.infrastructure.database.row_snapshot import ArchivedRows
from modelyard.infrastructure.database.row_target import SqlRowTarget, make_portable

DATABASE = "registry.db"
MANIFEST = "manifest.json"
PARTIAL = ".partial"

_GENERATION = "0"
_POINT = re.compile(r"\d{8}T\d{6}\.\d{3}Z", re.ASCII)


class BackupFolder:
    """`Backups` below one folder: `<time>/registry.db`, `<time>/manifest.json`, and `blobs/` as a store of files.

    A point that is not whole ends in `.partial`. With `is_read_only` nothing is written, and the folder may be one that
    nobody can write to.
    """

    def __init__(self, root: Path, *, is_read_only: bool = False) -> None:
        self._root = root
        self.files = FilesystemBlobStore(root / "blobs", is_read_only=is_read_only)

    def key_of(self, digest: Digest) -> BlobKey:
        """Of one generation: nothing here is deleted and written again but under a lock."""
        return BlobKey(digest=digest, generation=_GENERATION)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """By a lock on a file."""
        with _failures_told():
            make_folders(self._root)
            descriptor = os.open(self._root / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise StorageUnavailable("another backup is at work in this folder") from None
            yield
        finally:
            os.close(descriptor)

    def begin(self, taken_at: datetime) -> str:
        """Named by the moment, so that names are in the order of time."""
        name = taken_at.astimezone(UTC).strftime("%Y%m%dT%H%M%S.%f")[:-3] + "Z"
        with _failures_told():
            for left in self._root.glob(f"*{PARTIAL}"):
                shutil.rmtree(left)
            if (self._root / name).exists():
                raise StorageUnavailable(f"there is a backup of {name} already")
            make_folders(self._partial(name))
        return name

    def save(self, name: str, snapshot: RowSnapshot) -> tuple[Mapping[str, TableSum], str]:
        """As an SQLite file, whatever the rows come from."""
        path = self._partial(name) / DATABASE
        url = f"sqlite:///{path}"
        target = SqlRowTarget(url)
        target.claim()
        sums = target.fill(snapshot)
        make_portable(url)
        with _failures_told():
            sync_folder(path.parent)
            return sums, _sha256_of(path)

    def rows(self, name: str) -> ArchivedRows:
        """Without writing anything beside the file."""
        folder = self._partial(name)
        return ArchivedRows((folder if folder.exists() else self._root / name) / DATABASE)

    def finish(self, name: str, manifest: Manifest) -> None:
        """The manifest first, then the name."""
        folder = self._partial(name)
        with _failures_told():
            file = DurableFile(folder / MANIFEST, os.O_CREAT | os.O_EXCL)
            try:
                file.write([document_of(manifest)])
                file.sync()
            finally:
                file.close()
            sync_folder(folder)
            folder.rename(self._root / name)
            sync_folder(self._root)

    def points(self) -> Sequence[str]:
        """By name; other things in the folder are passed over."""
        with _failures_told():
            found = [path.name for path in self._root.iterdir()] if self._root.is_dir() else []
        return sorted(name for name in found if _POINT.fullmatch(name))

    def manifest(self, name: str) -> Manifest:
        """From its file."""
        if name not in self.points():
            raise StorageUnavailable(f"there is no backup {name!r} in this folder", hint=self._hint())
        with _failures_told():
            return manifest_in((self._root / name / MANIFEST).read_bytes())

    def _hint(self) -> str:
        points = self.points()
        return f"There are: {', '.join(points[-5:])}." if points else "Name the folder that a backup was made into."

    def require_sound_database(self, name: str, manifest: Manifest) -> None:
        """Its whole file is read."""
        with _failures_told():
            found = _sha256_of(self._root / name / DATABASE)
        if found != manifest.database_sha256:
            raise StorageUnavailable(
                f"the database of the backup {name} is damaged: its bytes have the digest {found}",
                hint="Restore another point, with --point.",
            )

    def remove(self, name: str) -> None:
        """The name first: what a crash leaves is not taken for a point."""
        with _failures_told():
            (self._root / name).rename(self._partial(name))
            sync_folder(self._root)
            shutil.rmtree(self._partial(name))

    def _partial(self, name: str) -> Path:
        return self._root / f"{name}{PARTIAL}"


def _sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def _failures_told() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise storage_error(error) from error

"""Files out of the cache into a folder of the user's own."""

import os
import secrets
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import Final

from modelyard.client.cache.contents import disk_faults
from modelyard.client.failures import UnsafePath, WouldOverwrite
from modelyard.client.records import File
from modelyard.client.transfer.local_file import local_file

_FICLONE: Final = 0x40049409
"""Linux: let one file share the blocks of another, until one of them is written to."""


def copy_into(folder: Path, tree: Path, files: Sequence[File], *, overwrite: bool) -> None:
    """Put files of a folder in the cache into another folder, each whole or not at all.

    They share blocks with the cache where the file system can do that, and are copies otherwise, never hard links: who
    edits one must not change what others are given.

    Raises:
        WouldOverwrite: other files are in their places, and `overwrite` is not said; nothing was written.
        UnsafePath: a link in the folder leads out of it.
        DiskFault: a file cannot be written.
    """
    with disk_faults(folder):
        _require_no_links(folder, files)
        wanted = [file for file in files if not _is_there(folder / file.path, file)]
        foreign = [file.path for file in wanted if os.path.lexists(folder / file.path)]
        if foreign and not overwrite:
            others = f" and {len(foreign) - 1} more" if len(foreign) > 1 else ""
            raise WouldOverwrite(f"{folder / foreign[0]}{others} would be overwritten")
        folder.mkdir(parents=True, exist_ok=True)
        for file in wanted:
            _copy(tree / file.path, folder / file.path)


def _require_no_links(folder: Path, files: Sequence[File]) -> None:
    for parent in {parent for file in files for parent in PurePosixPath(file.path).parents}:
        if str(parent) != "." and (folder / parent).is_symlink():
            raise UnsafePath(
                f"{folder / parent} is a link, and files would be written where it leads",
                hint="Remove it, or pull into another folder.",
            )


def _is_there(path: Path, file: File) -> bool:
    if path.is_symlink() or not path.is_file() or path.stat().st_size != file.size_bytes:
        return False
    return local_file(path, file.path).digest == file.digest


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = target.with_name(f".{secrets.token_hex(8)}.tmp")
    try:
        if not _share_blocks(source, beside):
            shutil.copyfile(source, beside)
        if target.is_dir() and not target.is_symlink():
            raise WouldOverwrite(f"{target} is a folder", hint="Remove it, or pull into another folder.")
        beside.replace(target)
    finally:
        beside.unlink(missing_ok=True)


def _share_blocks(source: Path, target: Path) -> bool:
    if sys.platform != "linux":
        return False
    import fcntl

    with source.open("rb") as shared, target.open("xb") as copy:
        try:
            fcntl.ioctl(copy.fileno(), _FICLONE, shared.fileno())
        except OSError:  # another file system, or one that cannot do it
            return False
    return True

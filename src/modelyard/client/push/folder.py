"""The files of a folder that is pushed: all of them, or an error that names the one that cannot go along."""

import os
import unicodedata
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path

from modelyard.client.failures import CannotPush


def files_of(folder: Path, ignore: Sequence[str] = ()) -> tuple[list[tuple[str, Path]], list[str]]:
    """Relative POSIX paths and places of all files, sorted; and notes of what does not go along as it is.

    Hidden files go along. A link to a file goes along as the file; a link to a folder is refused, since it may lead
    round in circles, and so is a link that leads nowhere. `.git` is refused unless ignored: it may hold passwords.
    Empty folders cannot go along.

    Args:
        folder: What is pushed.
        ignore: Patterns of relative paths that are left out.

    Raises:
        CannotPush: something that is no file, or a link as above; or there is no file at all.
    """
    found: list[tuple[str, Path]] = []
    notes: list[str] = []
    for path, relative in _walk(folder, folder, ignore, notes):
        found.append((unicodedata.normalize("NFC", relative), path))
        if path.is_symlink():
            notes.append(f"{relative} is a link; the file that it leads to goes along")
    if not found:
        raise CannotPush(f"{folder} holds no files", hint="A version of nothing is of no use.")
    return sorted(found), notes


def _walk(
    folder: Path, place: Path, ignore: Sequence[str], notes: list[str]
) -> Iterator[tuple[Path, str]]:  # fmt: skip
    with os.scandir(place) as entries:
        listed = sorted(entries, key=lambda entry: entry.name)
    if not listed and place != folder:
        notes.append(f"{place.relative_to(folder).as_posix()}/ is empty, and does not go along")
    for entry in listed:
        path = place / entry.name
        relative = path.relative_to(folder).as_posix()
        if _is_ignored(relative, ignore):
            notes.append(f"{relative} is ignored")
        elif entry.is_dir(follow_symlinks=False):
            if entry.name == ".git":
                raise CannotPush(f"{path} is a git repository, which may hold passwords", hint='Ignore it: ".git".')
            yield from _walk(folder, path, ignore, notes)
        else:
            _check(path)
            yield path, relative


def _check(path: Path) -> None:
    if path.is_file():
        return
    if not path.is_symlink():
        raise CannotPush(f"{path} is no file", hint="Sockets, pipes and devices cannot be pushed; ignore it.")
    what = "a folder" if path.exists() else "nowhere"
    raise CannotPush(f"{path} is a link that leads to {what}", hint="Put the files themselves there, or ignore it.")


def _is_ignored(relative: str, ignore: Sequence[str]) -> bool:
    return any(fnmatchcase(relative, pattern.rstrip("/")) for pattern in ignore)

"""Paths that a registry names, before they become paths of this machine."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from pathlib import PurePosixPath
from typing import Final

from modelyard.client.failures import Unintelligible, UnsafePath
from modelyard.client.records import File

_FORBIDDEN: Final = frozenset('\\:*?"<>|')
"""What some system gives a meaning of its own; `:` makes drives and streams."""

_RESERVED: Final = frozenset(
    {"con", "prn", "aux", "nul", "conin$", "conout$"}
    | {f"{device}{digit}" for device in ("com", "lpt") for digit in "0123456789\u00b9\u00b2\u00b3"}
)
_DIGEST: Final = re.compile(r"sha256:[0-9a-f]{64}", re.ASCII)
_TOO_LARGE: Final = 1 << 53

_UNSEEN: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Controls, marks that turn text around, halves of characters, line ends."""


def require_safe(paths: Sequence[str]) -> None:
    """See that every path stays below its folder, on every system, and that none stands in another's way.

    Raises:
        UnsafePath: one does not.
    """
    seen: dict[str, str] = {}
    for path in paths:
        if fault := _fault(path):
            raise UnsafePath(f"a file of the version has the path {path[:200]!r}, which {fault}")
        plain = unicodedata.normalize("NFC", path).casefold()
        if plain in seen:
            raise UnsafePath(
                f"two files of the version are {seen[plain]!r} and {path!r}, which some systems do not tell apart"
            )
        seen[plain] = path
    for plain, path in seen.items():
        if above := next((seen[str(one)] for one in PurePosixPath(plain).parents if str(one) in seen), None):
            raise UnsafePath(f"the version has a file {above!r}, and a file {path!r} below it")


def require_sound(files: Sequence[File]) -> None:
    """See that a registry names files that there can be.

    Raises:
        UnsafePath: a path is none.
        Unintelligible: a digest or a size is none.
    """
    require_safe([file.path for file in files])
    for file in files:
        if not _DIGEST.fullmatch(str(file.digest)):
            raise Unintelligible(f"{file.path} has {file.digest!r} where its digest should be")
        if not str(file.size_bytes).isdecimal() or file.size_bytes >= _TOO_LARGE:
            raise Unintelligible(f"{file.path} is said to have {file.size_bytes!r} bytes")


def folders_of(paths: Iterable[str]) -> list[str]:
    """All folders that the paths need, those above others first."""
    return sorted({str(one) for path in paths for one in PurePosixPath(path).parents if str(one) != "."})


def _fault(path: str) -> str:
    parts = path.split("/")
    if not path or any(part in {"", ".", ".."} for part in parts):
        return "does not stay in its folder"
    if any(character in _FORBIDDEN or unicodedata.category(character) in _UNSEEN for character in path):
        return "holds characters that no file should have in its name"
    if any(part.endswith((".", " ")) or part.split(".")[0].strip().casefold() in _RESERVED for part in parts):
        return "is no name on some systems"
    if len(path.encode()) > 1024 or any(len(part.encode()) > 255 for part in parts):
        return "is too long"
    return ""

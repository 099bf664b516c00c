"""Where a file stands inside a version: relative POSIX paths that are safe to write on any client's disk."""

import re
import unicodedata
from collections.abc import Iterable, Iterator

from modelyard.domain.errors import FieldError, InvalidInput

MAX_PART_BYTES = 255
MAX_PATH_BYTES = 1024

_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_RESERVED = re.compile(r"(?:CON|PRN|AUX|NUL|CONIN\$|CONOUT\$|(?:COM|LPT)[0-9¹²³])\s*(?:\..*)?", re.IGNORECASE)


def check_file_path(path: str, pointer: str = "path") -> str:
    r"""Take a file's path: relative, `/` between parts, in Unicode NFC.

    Refused are what some file system would read as something else: empty, `.` and `..` parts, `\`, `:` (drives,
    alternate streams), control and bidi characters, names that Windows reserves (`CON`, `aux.txt`, `COM¹`), parts that
    end in a dot or a space, parts over 255 bytes and paths over 1,024. Nothing is decoded or repaired.

    Raises:
        InvalidInput: with what is wrong with it.
    """
    faults = list(_path_faults(path))
    if faults:
        raise InvalidInput(
            f"{path[:100]!r} cannot be the path of a file: it {faults[0]}",
            hint="Use a relative path such as 'weights/model.safetensors'.",
            errors=[FieldError(pointer=pointer, message=fault) for fault in faults],
        )
    return path


def _path_faults(path: str) -> Iterator[str]:
    if any(unicodedata.category(character) in _INVISIBLE for character in path):
        yield "must not hold control, format or bidi characters"
        return
    if not unicodedata.is_normalized("NFC", path):
        yield f"must be in Unicode normal form NFC; write {unicodedata.normalize('NFC', path)!r}"
    if "\\" in path or ":" in path:
        yield "must not hold a backslash or a colon"
    if len(path.encode()) > MAX_PATH_BYTES:
        yield f"must have at most {MAX_PATH_BYTES} bytes"
    for part in path.split("/"):
        yield from _part_faults(part)


def _part_faults(part: str) -> Iterator[str]:
    if part in {"", ".", ".."}:
        yield "must be relative, without empty, '.' or '..' parts"
    elif part.endswith((".", " ")):
        yield "must not have parts that end in a dot or a space"
    if _RESERVED.fullmatch(part):
        yield f"must not use {part!r}, a name that Windows reserves"
    if len(part.encode()) > MAX_PART_BYTES:
        yield f"must not have parts of more than {MAX_PART_BYTES} bytes"


def check_distinct(paths: Iterable[str]) -> None:
    """Refuse paths of one version that would meet on some client's disk.

    They may not be equal, differ only by letter case or normal form, or use one's file as another's folder.

    Raises:
        InvalidInput: naming both paths.
    """
    seen: dict[str, str] = {}
    for path in paths:
        folded = _folded(path)
        if folded in seen:
            raise _meeting(path, seen[folded])
        seen[folded] = path
    for folded, path in seen.items():
        parent = folded
        while "/" in parent:
            parent = parent.rpartition("/")[0]
            if parent in seen:
                raise _meeting(path, seen[parent])


def _folded(path: str) -> str:
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", path).casefold())


def _meeting(path: str, other: str) -> InvalidInput:
    message = f"{path[:100]!r} and {other[:100]!r} would be one place on some file systems"
    return InvalidInput(message, hint="Rename one of them.", errors=[FieldError(pointer="/files", message=message)])

"""Small files in one body: a tar archive whose members are named by their digests, read as it comes.

Nothing is ever extracted: a name is a digest or refused, and only plain files are taken. What archives can say beside
that (links, owners, long names, sparse files, extensions of other formats) is refused too.
"""

import re
from collections.abc import AsyncIterator
from typing import Final

from modelyard.application.services.batch_transfer import SmallFile
from modelyard.domain.digest import Digest, parse_digest
from modelyard.domain.errors import Malformed, TooLarge

MAX_FILES: Final = 10_000
MAX_FILE_BYTES: Final = 4 * 2**20
MAX_BYTES: Final = 256 * 2**20
BLOCK_BYTES: Final = 512

_OCTAL = re.compile(rb" *([0-7]{1,12})[ \0]*")
_HINT: Final = "Make it with `tar --format=ustar`, of files that are named by their digests."
_BLANK: Final = bytes(BLOCK_BYTES)
_CHECKSUM: Final = slice(148, 156)


class TarStream:
    """Reads the members of an archive one by one; at no time is more than one of them in memory."""

    def __init__(self, pieces: AsyncIterator[bytes]) -> None:
        self._pieces = pieces
        self._held = bytearray()

    async def files(self) -> AsyncIterator[SmallFile]:
        """The files in their order, each of another digest.

        Raises:
            Malformed: the body is no such archive, or breaks off.
            InvalidInput: a member is not named by a digest.
            TooLarge: more files, or more bytes, than one archive may have.
        """
        seen: set[Digest] = set()
        total_bytes = 0
        while (header := await self._take(BLOCK_BYTES)) != _BLANK:
            digest, size_bytes = _member(header)
            total_bytes += size_bytes
            if digest in seen:
                raise Malformed(f"{digest} is in the archive twice", hint="Send each file once.")
            seen.add(digest)
            if len(seen) > MAX_FILES or total_bytes > MAX_BYTES:
                raise TooLarge(
                    f"an archive has at most {MAX_FILES} files and {MAX_BYTES} bytes", hint="Send several archives."
                )
            content = await self._take(size_bytes)
            await self._take(-size_bytes % BLOCK_BYTES)
            yield SmallFile(digest=digest, content=content)
        await self._require_end()

    async def _take(self, count: int) -> bytes:
        held = self._held
        while len(held) < count:
            piece = await anext(self._pieces, None)
            if piece is None:
                raise Malformed("the archive breaks off")
            held += piece
        with memoryview(held) as view:
            taken = bytes(view[:count])
        del held[:count]
        return taken

    async def _require_end(self) -> None:
        """Only zeros follow: one more block at least, and what fills up the last record."""
        if await self._take(BLOCK_BYTES) != _BLANK:
            raise Malformed("the archive goes on after a block of zeros", hint=_HINT)
        left_bytes = 20 * BLOCK_BYTES
        while True:
            left_bytes -= len(self._held)
            if left_bytes < 0 or any(self._held):
                raise Malformed("something follows the end of the archive")
            piece = await anext(self._pieces, None)
            if piece is None:
                return
            self._held[:] = piece


def _member(header: bytes) -> tuple[Digest, int]:
    if header[257:265] != b"ustar\x0000":
        raise Malformed("the body is no tar archive of the format ustar", hint=_HINT)
    if _number(header[_CHECKSUM]) != sum(header) - sum(header[_CHECKSUM]) + 8 * ord(" "):
        raise Malformed("the checksum of a member of the archive is wrong")
    name = header[:100].rstrip(b"\0")
    if header[156:157] != b"0" or any(header[157:257]) or any(header[345:500]):
        raise Malformed(f"{name[:71]!r} in the archive is not a plain file", hint=_HINT)
    size_bytes = _number(header[124:136])
    if size_bytes > MAX_FILE_BYTES:
        raise TooLarge(
            f"a file in an archive has at most {MAX_FILE_BYTES} bytes, not {size_bytes}",
            hint="Send it by itself, with PUT.",
        )
    return parse_digest(name.decode("latin-1")), size_bytes


def _number(field: bytes) -> int:
    match = _OCTAL.fullmatch(field)
    if match is None:
        raise Malformed("a number in the archive cannot be read", hint=_HINT)
    return int(match[1], 8)

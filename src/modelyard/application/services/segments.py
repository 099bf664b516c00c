"""A long stream in parts."""

from collections.abc import AsyncIterable, AsyncIterator

SEGMENT_BYTES = 256 * 1024 * 1024
"""At the end of each is a wait for the disk and a transaction, in which nothing is received."""


class Segments:
    """Cuts a stream into parts of about 256 MiB, so that a long request records its progress on the way.

    It looks one piece ahead: a stream that ends with a part is not followed by an empty one.
    """

    def __init__(self, pieces: AsyncIterable[bytes]) -> None:
        self._pieces = aiter(pieces)
        self._ahead = b""
        self.is_exhausted = False

    async def next_segment(self) -> AsyncIterator[bytes]:
        """The pieces of the next part."""
        size_bytes = len(self._ahead)
        if self._ahead:
            yield self._ahead
        while size_bytes < SEGMENT_BYTES and await self._has_next():
            size_bytes += len(self._ahead)
            yield self._ahead
        if not self.is_exhausted:
            await self._has_next()

    async def _has_next(self) -> bool:
        """Empty pieces, such as the one that a server puts behind a body, are passed over."""
        async for piece in self._pieces:
            if piece:
                self._ahead = piece
                return True
        self._ahead, self.is_exhausted = b"", True
        return False

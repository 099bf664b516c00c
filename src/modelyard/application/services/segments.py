"""A long stream in parts."""

from collections.abc import AsyncIterable, AsyncIterator

SEGMENT_BYTES = 256 * 1024 * 1024
"""At the end of each is a wait for the disk and a transaction, in which nothing is received."""


class Segments:
    """Cuts a stream into parts of about 256 MiB, so that a long request records its progress on the way."""

    def __init__(self, pieces: AsyncIterable[bytes]) -> None:
        self._pieces = aiter(pieces)
        self.is_exhausted = False

    async def next_segment(self) -> AsyncIterator[bytes]:
        """The pieces of the next part."""
        size_bytes = 0
        while size_bytes < SEGMENT_BYTES:
            try:
                piece = await anext(self._pieces)
            except StopAsyncIteration:
                self.is_exhausted = True
                return
            size_bytes += len(piece)
            yield piece

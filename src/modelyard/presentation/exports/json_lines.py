"""Rows as JSON lines: one JSON document a line."""

from collections.abc import Sequence

from pydantic import BaseModel

MEDIA_TYPE = "application/jsonl"


class JsonLines:
    """Each line is an item of the list, as the list shows it."""

    media_type = MEDIA_TYPE

    def begin(self) -> bytes:
        """Nothing."""
        return b""

    def encode(self, rows: Sequence[BaseModel]) -> bytes:
        """A line for each row."""
        return b"".join(b"%s\n" % row.model_dump_json(by_alias=True).encode() for row in rows)

    def end(self) -> bytes:
        """Nothing."""
        return b""

"""A look into a file, without fetching all of it and without running any of it."""

import base64
import csv
import io
import json
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from modelyard.domain.json_value import JsonValue
from modelyard.presentation.web.pages.version.preview_kinds import PreviewKind

MAX_TEXT_BYTES = 64 * 1024
MAX_IMAGE_BYTES = 2 * 1024**2
MAX_HEADER_BYTES = 1024**2
_ROWS = 100
_COLUMNS = 50
_TENSORS = 500
_DEEPEST = 50

_MAGIC: Mapping[bytes, str] = {
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF87a": "image/gif",
    b"GIF89a": "image/gif",
}

LIMITS: Mapping[PreviewKind, int] = {
    PreviewKind.TEXT: MAX_TEXT_BYTES,
    PreviewKind.JSON: MAX_TEXT_BYTES,
    PreviewKind.MARKDOWN: MAX_TEXT_BYTES,
    PreviewKind.TABLE: MAX_TEXT_BYTES,
    PreviewKind.TENSORS: MAX_HEADER_BYTES,
    PreviewKind.IMAGE: MAX_IMAGE_BYTES,
}
"""How many bytes from the beginning of a file are looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewView:
    """What is shown of a file. One of `text`, `html`, `rows` and `image` is there, or `reason` says why none is."""

    text: str = ""
    html_source: str = ""
    """Markdown, which is rendered elsewhere."""
    head: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    image: str = ""
    """A `data:` address."""
    note: str = ""
    reason: str = ""


def preview_of(kind: PreviewKind, content: bytes, size_bytes: int) -> PreviewView:
    """The preview of a file of `size_bytes` that begins with `content`, up to the limit of its kind."""
    is_whole = len(content) >= size_bytes
    match kind:
        case PreviewKind.IMAGE:
            return _image(content, is_whole=is_whole)
        case PreviewKind.TENSORS:
            return _tensors(content)
        case _:
            return _of_text(kind, content, is_whole=is_whole)


def _of_text(kind: PreviewKind, content: bytes, *, is_whole: bool) -> PreviewView:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if is_whole or error.start < len(content) - 4:
            return PreviewView(reason="It is no text in UTF-8.")
        text = content[: error.start].decode("utf-8-sig")
    if "\0" in text:
        return PreviewView(reason="It is no text: it holds NUL.")
    note = "" if is_whole else f"These are the first {MAX_TEXT_BYTES // 1024} KiB."
    match kind:
        case PreviewKind.JSON if is_whole:
            return _json(text)
        case PreviewKind.TABLE:
            return _table(text, note)
        case PreviewKind.MARKDOWN:
            return PreviewView(html_source=text, note=note)
        case _:
            return PreviewView(text=text, note=note)


def _json(text: str) -> PreviewView:
    """Indented, where it can be read; a number beyond floats or a deep nesting is left as it was written."""
    try:
        document = json.loads(text)
        return PreviewView(text=json.dumps(document, indent=2, ensure_ascii=False))
    except (ValueError, RecursionError):
        return PreviewView(text=text, note="It is no JSON that can be read; this is its text.")


def _table(text: str, note: str) -> PreviewView:
    sample = text[:4096]
    delimiter = max(",;\t", key=sample.count) if any(mark in sample for mark in ",;\t") else ","
    try:
        rows = [
            tuple(cell[:200] for cell in row[:_COLUMNS])
            for row in islice(csv.reader(io.StringIO(text), delimiter=delimiter), _ROWS + 1)
        ]
    except csv.Error:
        return PreviewView(text=text, note="It is no table that can be read; this is its text.")
    head, shown = (rows[0], rows[1:]) if rows else ((), [])
    width = max((len(row) for row in rows), default=0)
    if len(shown) == _ROWS:
        note = f"These are the first {_ROWS} rows."
    return PreviewView(head=_filled(head, width), rows=tuple(_filled(row, width) for row in shown), note=note)


def _filled(row: tuple[str, ...], width: int) -> tuple[str, ...]:
    return row + ("",) * (width - len(row))


def _image(content: bytes, *, is_whole: bool) -> PreviewView:
    """By its first bytes, whatever it is called; what is no picture is not given to a browser as one."""
    media_type = next((each for magic, each in _MAGIC.items() if content.startswith(magic)), "")
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        media_type = "image/webp"
    if not media_type:
        return PreviewView(reason="It is no picture that can be shown: PNG, JPEG, GIF or WebP.")
    if not is_whole:
        return PreviewView(reason=f"Pictures of more than {MAX_IMAGE_BYTES // 1024**2} MiB are not shown.")
    return PreviewView(image=f"data:{media_type};base64,{base64.b64encode(content).decode()}")


def _tensors(content: bytes) -> PreviewView:
    """The header: 8 bytes with its length (little-endian), then JSON (huggingface.co/docs/safetensors)."""
    if len(content) < 8:
        return PreviewView(reason="It is no file of safetensors.")
    (length,) = struct.unpack("<Q", content[:8])
    if length > MAX_HEADER_BYTES - 8:
        return PreviewView(reason="Its header is larger than 1 MiB.")
    try:
        header = json.loads(content[8 : 8 + length])
    except (ValueError, RecursionError):
        return PreviewView(reason="It is no file of safetensors: its header is no JSON.")
    if not isinstance(header, dict):
        return PreviewView(reason="It is no file of safetensors: its header is no object.")
    tensors = [_tensor(name, each) for name, each in header.items() if name != "__metadata__"]
    note = f"{len(tensors):,} tensors" + (
        f", of which these are the first {_TENSORS}" if len(tensors) > _TENSORS else ""
    )
    return PreviewView(head=("Tensor", "Type", "Shape"), rows=tuple(tensors[:_TENSORS]), note=f"{note}.")


def _tensor(name: str, described: JsonValue) -> tuple[str, str, str]:
    told = described if isinstance(described, Mapping) else {}
    shape = told.get("shape")
    sizes = shape if isinstance(shape, Sequence) and not isinstance(shape, str) else ()
    return name[:300], str(told.get("dtype", ""))[:50], " x ".join(str(size)[:20] for size in sizes[:_DEEPEST])

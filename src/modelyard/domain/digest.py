"""Digests: how the registry names bytes."""

import hashlib
import re
from typing import NewType

from modelyard.domain.errors import FieldError, InvalidInput

Digest = NewType("Digest", str)
"""`sha256:` and 64 lower-case hexadecimal digits."""

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}", re.ASCII)


def parse_digest(text: str, pointer: str = "digest") -> Digest:
    """Take a digest as the caller wrote it.

    Raises:
        InvalidInput: any other algorithm, length or letter case.
    """
    if not _DIGEST.fullmatch(text):
        message = "a digest is written sha256:<64 lower-case hexadecimal digits>"
        raise InvalidInput(f"{text[:100]!r} is not a digest", errors=[FieldError(pointer=pointer, message=message)])
    return Digest(text)


def digest_of(content: bytes) -> Digest:
    """The digest of bytes in memory; for files the blob store computes it as they stream."""
    return Digest("sha256:" + hashlib.sha256(content).hexdigest())

"""How keys and segments of uploads are spelled as names of objects."""

import re

from modelyard.application.ports.blob_store import BlobKey
from modelyard.domain.digest import Digest
from modelyard.infrastructure.blobs.keys import checked_key, checked_token, is_token

BLOBS = "sha256"
STAGING = "staging"

_BLOB = re.compile(r"sha256/([0-9a-f]{2})/(\1[0-9a-f]{62})/([A-Za-z0-9_-]{1,64})", re.ASCII)
_SEGMENT = re.compile(r"staging/([^/]+)/([0-9]{15})", re.ASCII)


def blob_path(key: BlobKey) -> str:
    """`sha256/<2 digits>/<64 digits>/<generation>`.

    Raises:
        InvalidInput: the digest or the generation is not of its form.
    """
    digits = checked_key(key).digest.removeprefix("sha256:")
    return f"{BLOBS}/{digits[:2]}/{digits}/{key.generation}"


def key_at(path: str) -> BlobKey | None:
    """The key whose `blob_path` this is, or None for an object that no store made."""
    match = _BLOB.fullmatch(path)
    return None if match is None else BlobKey(digest=Digest(f"sha256:{match[2]}"), generation=match[3])


def staging_folder(token: str) -> str:
    """Where the segments of an upload are.

    Raises:
        InvalidInput: the token is not of its form.
    """
    return f"{STAGING}/{checked_token(token)}"


def segment_path(token: str, start: int) -> str:
    """The segment of an upload that begins at a byte. In the order of names segments are in the order of bytes."""
    return f"{staging_folder(token)}/{start:015d}"


def segment_at(path: str) -> tuple[str, int] | None:
    """Token and first byte of the segment whose path this is, or None for an object that no store made."""
    match = _SEGMENT.fullmatch(path)
    return (match[1], int(match[2])) if match and is_token(match[1]) else None

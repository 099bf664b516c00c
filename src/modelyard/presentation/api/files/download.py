"""Sending a file: headers that keep browsers from running it, ranges, and bytes as they come from the store."""

import base64
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing

from fastapi import Request, Response
from starlette.responses import StreamingResponse

from modelyard.application.ports.blob_store import BlobStore
from modelyard.application.ports.versions import StoredFile
from modelyard.application.queries.files import require_sound
from modelyard.application.services.proving import proved
from modelyard.presentation.api.files.ranges import requested_range
from modelyard.presentation.http.attachment import SAFE_HEADERS, attachment
from modelyard.presentation.http.conditions import etag, has_current
from modelyard.presentation.http.recent_answers import RecentFile

SMALL_BYTES = 64 * 1024
"""Up to here a file is sent in one piece, and remembered as long as nothing changes."""

URL_TTL_SECONDS = 300
"""How long the address of a redirect can be used to begin a download."""


async def send_file(
    request: Request, store: BlobStore, known: RecentFile, *, may_redirect: bool = False, is_proving: bool = False
) -> Response:
    """The answer to GET or HEAD on a file, from its bytes where they are known: they never change.

    With `is_proving` a whole file is hashed as it is sent, never redirected, and broken off before its end when it is
    damaged. Ranges are sent as they are: their digest is not known.

    The ETag is the digest, so a range can be continued later and is never patched together from two versions. The first
    piece is read before the answer begins: a file that the store has lost is an error, not a broken download.

    Raises:
        UnsatisfiableRange: the range begins beyond the end.
        BlobLost, StorageUnavailable: the store cannot give the bytes.
    """
    stored, file = known.stored, known.stored.file
    headers = _headers(stored)
    if has_current(request, file.digest):
        return Response(status_code=304, headers=headers)
    is_head = request.method == "HEAD"  # for which no ranges are defined (RFC 9110, section 14.2)
    wanted = None if is_head else requested_range(_range_header(request, file.digest), file.size_bytes)
    start, stop = wanted or (0, file.size_bytes)
    headers["Content-Length"] = str(stop - start)
    if wanted is not None:
        headers["Content-Range"] = f"bytes {start}-{stop - 1}/{file.size_bytes}"
    status = 200 if wanted is None else 206
    if is_head or start == stop:
        return Response(status_code=status, headers=headers)
    require_sound(stored)
    is_proved = is_proving and wanted is None
    if may_redirect and not is_proved and "if-range" not in request.headers:  # the store has other ETags
        url = await store.signed_url(stored.key, URL_TTL_SECONDS)
        if url is not None:
            return _redirect(url, headers)
    if known.body:
        return Response(known.body[start:stop], status, headers)
    pieces = proved(store, stored.key, stop) if is_proved else store.read(stored.key, start, stop)
    if stop - start <= SMALL_BYTES:
        return Response(b"".join([piece async for piece in pieces]), status, headers)
    return StreamingResponse(_continued(await anext(pieces), pieces), status, headers)


def whole_of(response: Response) -> bytes:
    """The bytes of a small file that was sent whole; of all other answers none."""
    is_whole = response.status_code == 200 and not isinstance(response, StreamingResponse)
    return bytes(response.body) if is_whole else b""


def _redirect(url: str, headers: dict[str, str]) -> Response:
    # 307 and not 302, which some clients take as leave to forget their Range.
    kept = {name: headers[name] for name in (*SAFE_HEADERS, "ETag", "Repr-Digest")}
    return Response(status_code=307, headers={**kept, "Location": url, "Cache-Control": "no-store"})


def _headers(stored: StoredFile) -> dict[str, str]:
    digest = base64.b64encode(bytes.fromhex(stored.file.digest.removeprefix("sha256:"))).decode()
    return {
        **SAFE_HEADERS,
        "Accept-Ranges": "bytes",
        "Content-Disposition": attachment(stored.file.path.rpartition("/")[2]),
        "Content-Type": "application/octet-stream",
        "ETag": etag(stored.file.digest),
        "Repr-Digest": f"sha-256=:{digest}:",
    }


def _range_header(request: Request, digest: str) -> str | None:
    """The Range header, unless If-Range names another state than the present one."""
    if_range = request.headers.get("if-range")
    return request.headers.get("range") if if_range in {None, etag(digest)} else None


async def _continued(first: bytes, pieces: AsyncGenerator[bytes, None]) -> AsyncIterator[bytes]:
    async with aclosing(pieces):
        yield first
        async for piece in pieces:
            yield piece

"""The routes by which files come in: one-shot and resumable uploads."""

import re
from collections.abc import AsyncIterator
from typing import Any

from fastapi import Query, Request, Response
from starlette.requests import ClientDisconnect

from modelyard.application.ports.answers import Answer
from modelyard.application.ports.uploads import Upload
from modelyard.application.services.transfer import Received
from modelyard.domain import errors
from modelyard.domain.digest import Digest, parse_digest
from modelyard.domain.permission import Permission
from modelyard.presentation.api.addresses import DigestPath, UploadPath
from modelyard.presentation.api.uploads.possession import missing_for_caller, require_own_upload, sent_by_caller
from modelyard.presentation.api.uploads.schemas import (
    BlobList,
    BlobRead,
    DigestsMissing,
    DigestsWanted,
    UploadCreate,
    UploadRead,
)
from modelyard.presentation.api.uploads.tar_stream import TarStream
from modelyard.presentation.http import documentation as docs
from modelyard.presentation.http.answers import address, json_answer, response_of, write_once
from modelyard.presentation.http.context import context_of, principal_of
from modelyard.presentation.http.routing import registry_router
from modelyard.presentation.http.strict_json import require_media_type

router = registry_router("uploads")

_OFFSET = re.compile(r"[0-9]{1,15}", re.ASCII)

RAW: dict[str, Any] = {
    "required": True,
    "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
}
TAR_TYPE = "application/x-tar"
TAR: dict[str, Any] = {
    "required": True,
    "description": "A tar archive (ustar) of at most 10,000 plain files, 4 MiB each and 256 MiB together, whose names "
    "are their digests: `sha256:…`",
    "content": {TAR_TYPE: {"schema": {"type": "string", "format": "binary"}}},
}
OFFSET = {"Upload-Offset": docs.header("How many bytes are stored durably", "1048576")}
LENGTH = {"Upload-Length": docs.header("How many bytes the upload has in the end", "48213000")}
STORES: docs.Errors = (*docs.WRITES, errors.RequestTimeout, errors.StorageUnavailable)
UNDER_WAY: docs.Errors = (errors.UploadNotFound, errors.UploadBusy)
UPLOAD_OFFSET = {
    "name": "Upload-Offset",
    "in": "header",
    "required": True,
    "description": "Where these bytes begin; the offset that the upload has now",
    "schema": {"type": "integer", "minimum": 0, "maximum": 999_999_999_999_999},
}
STORED: dict[int, dict[str, Any]] = {
    200: {"description": "Stored; the same bytes were there already"},
    201: {"model": BlobRead, "description": "Stored"},
}


@router.post(
    "/blobs/missing",
    response_model=DigestsMissing,
    **docs.documented(Permission.VERSIONS_REGISTER, errors=docs.TAKES_JSON),
)
async def find_missing(request: Request, wanted: DigestsWanted) -> DigestsMissing:
    """Ask which files still need sending."""
    missing = await missing_for_caller(request, [Digest(digest) for digest in wanted.digests])
    return DigestsMissing(missing=[*missing])


@router.post(
    "/blobs",
    response_model=BlobList,
    **docs.documented(
        Permission.VERSIONS_REGISTER,
        errors=(*STORES, errors.TooLarge, errors.UnsupportedMedia, errors.DigestMismatch),
        answers={
            200: {"description": "Stored; all of the files were there already"},
            201: {"model": BlobList, "description": "Stored"},
        },
        parameters=[docs.ACTOR],
        body=TAR,
    ),
)
async def put_blobs(request: Request) -> Response:
    """Upload many small files in one request, all or none of them. When it ends, all of them are durable."""
    require_media_type(request, TAR_TYPE)
    files = TarStream(request.stream()).files()
    received = await sent_by_caller(
        request, await context_of(request).batch_transfer.receive(principal_of(request), files)
    )
    items = [BlobRead.model_validate(one) for one in received]
    is_new = any(one.is_new for one in received)
    return response_of(json_answer(BlobList(items=items), 201 if is_new else 200))


@router.put(
    "/blobs/{digest}",
    response_model=BlobRead,
    **docs.documented(
        Permission.VERSIONS_REGISTER,
        errors=(*STORES, errors.TooLarge, errors.DigestMismatch),
        answers=STORED,
        parameters=[docs.ACTOR],
        body=RAW,
    ),
)
async def put_blob(request: Request, digest: DigestPath) -> Response:
    """Upload a file in one request; the body is the file itself. When it ends, the file is durable."""
    expected = parse_digest(digest)
    received = await context_of(request).transfer.receive(principal_of(request), request.stream(), expected)
    return _stored(*await sent_by_caller(request, [received]))


@router.post(
    "/uploads",
    status_code=201,
    response_model=UploadRead,
    **docs.documented(
        Permission.VERSIONS_REGISTER,
        errors=(*docs.TAKES_JSON, *docs.ONCE),
        answers={201: {"headers": docs.LOCATION | OFFSET | docs.REPLAYED}},
        parameters=[docs.ACTOR, docs.IDEMPOTENCY_KEY],
    ),
)
async def begin_upload(request: Request, wanted: UploadCreate) -> Response:
    """Begin an upload that can be continued after a broken connection."""
    digest = None if wanted.digest is None else Digest(wanted.digest)

    def render(upload: Upload) -> Answer:
        headers = {"Location": address("uploads", upload.id), "Upload-Offset": "0"}
        return json_answer(UploadRead.model_validate(upload), 201, headers)

    body = await request.body()
    begin = context_of(request).transfer.begin
    return await write_once(request, body, render, begin, principal_of(request), wanted.size_bytes, digest)


@router.head(
    "/uploads/{upload_id}",
    response_class=Response,
    **docs.documented(
        Permission.VERSIONS_REGISTER,
        errors=(*docs.READS, errors.UploadNotFound),
        answers={200: {"description": "The upload is under way", "headers": OFFSET | LENGTH}},
    ),
)
async def head_upload(request: Request, upload_id: UploadPath) -> Response:
    """Ask where an upload continues."""
    await require_own_upload(request, upload_id)
    upload = await context_of(request).transfer.find(upload_id)
    headers = {"Upload-Offset": str(upload.offset_bytes), "Upload-Length": str(upload.size_bytes)}
    return Response(status_code=200, headers=headers | {"Cache-Control": "no-store"})


@router.patch(
    "/uploads/{upload_id}",
    status_code=204,
    response_model=None,
    **docs.documented(
        Permission.VERSIONS_REGISTER,
        errors=(*STORES, *UNDER_WAY, errors.OffsetConflict, errors.TooLarge),
        answers={204: {"description": "Stored", "headers": OFFSET}},
        parameters=[UPLOAD_OFFSET],
        body=RAW,
    ),
)
async def continue_upload(request: Request, upload_id: UploadPath) -> Response:
    """Send the next bytes. What arrived before a broken connection counts; HEAD tells how far that is."""
    offset = request.headers.get("upload-offset", "")
    if not _OFFSET.fullmatch(offset):
        raise errors.Malformed("the header Upload-Offset says where the bytes begin", hint="Ask with HEAD.")
    await require_own_upload(request, upload_id)
    body = _Arriving(request)
    reached = await context_of(request).transfer.append(upload_id, int(offset), body.pieces())
    if body.failure is not None:
        raise body.failure
    return Response(status_code=204, headers={"Upload-Offset": str(reached)})


@router.put(
    "/uploads/{upload_id}",
    response_model=BlobRead,
    **docs.documented(
        Permission.VERSIONS_REGISTER,
        errors=(*STORES, *UNDER_WAY, errors.UploadIncomplete, errors.DigestMismatch),
        answers=STORED,
        parameters=[docs.ACTOR],
    ),
)
async def finish_upload(
    request: Request,
    upload_id: UploadPath,
    digest: str | None = Query(
        default=None,
        description="Held against the bytes",
        examples=["sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"],
        json_schema_extra={"pattern": "^sha256:[0-9a-f]{64}$"},
    ),
) -> Response:
    """End an upload: its bytes are hashed, compared and kept."""
    async for piece in request.stream():
        if piece:
            raise errors.Malformed("PUT ends an upload and takes no bytes", hint="Send them with PATCH.")
    expected = None if digest is None else parse_digest(digest)
    await require_own_upload(request, upload_id)
    received = await context_of(request).transfer.finish(principal_of(request), upload_id, expected)
    return _stored(*await sent_by_caller(request, [received]))


@router.delete(
    "/uploads/{upload_id}",
    status_code=204,
    response_model=None,
    **docs.documented(Permission.VERSIONS_REGISTER, errors=(*docs.WRITES, *UNDER_WAY, errors.StorageUnavailable)),
)
async def abandon_upload(request: Request, upload_id: UploadPath) -> Response:
    """Drop an upload and its bytes."""
    await require_own_upload(request, upload_id)
    await context_of(request).transfer.abandon(upload_id)
    return Response(status_code=204)


def _stored(received: Received) -> Response:
    return response_of(json_answer(BlobRead.model_validate(received), 201 if received.is_new else 200))


class _Arriving:
    """A body as far as it comes: what breaks it off ends it like its end, so that what has come counts."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self.failure: errors.RequestTimeout | None = None

    async def pieces(self) -> AsyncIterator[bytes]:
        """Its bytes; `failure` tells afterwards whether they stopped, or came too slowly."""
        try:
            async for piece in self._request.stream():
                yield piece
        except ClientDisconnect:
            return
        except errors.RequestTimeout as error:
            self.failure = error

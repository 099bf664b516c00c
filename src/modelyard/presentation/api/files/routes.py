"""The routes by which files go out."""

from typing import Annotated, Any

from fastapi import Query, Request, Response
from starlette.responses import StreamingResponse

from modelyard.application.queries.files import find_file
from modelyard.application.queries.files import list_files as list_stored
from modelyard.domain import errors
from modelyard.domain.permission import Permission
from modelyard.domain.reference import parse_reference
from modelyard.presentation.api.addresses import FilePath, ModelPath, VersionRef
from modelyard.presentation.api.files.archive import reader_of, require_stored, tar_of, zip_of
from modelyard.presentation.api.files.download import send_file, whole_of
from modelyard.presentation.api.files.schemas import ArchiveFormat, ArchiveParameters, FileList
from modelyard.presentation.api.versions.schemas import FileRead
from modelyard.presentation.http import documentation as docs
from modelyard.presentation.http.answers import json_body, tagged_response
from modelyard.presentation.http.attachment import SAFE_HEADERS, attachment
from modelyard.presentation.http.conditions import etag, has_current
from modelyard.presentation.http.context import context_of, state_of
from modelyard.presentation.http.recent_answers import RecentFile
from modelyard.presentation.http.routing import is_head, registry_router

router = registry_router("files")

MISSING: docs.Errors = (errors.ModelNotFound, errors.VersionNotFound)
BYTES = {"schema": {"type": "string", "format": "binary"}}
SENT = {
    **docs.ETAG,
    "Accept-Ranges": docs.header("Ranges are served", "bytes"),
    "Content-Disposition": docs.header("The file's name", 'attachment; filename="model.joblib"'),
    "Repr-Digest": docs.header(
        "The digest of the whole file (RFC 9530)", "sha-256=:LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=:"
    ),
}
FILE_ANSWERS: dict[int, dict[str, Any]] = {
    200: {"description": "The file", "content": {"application/octet-stream": BYTES}, "headers": SENT},
    206: {
        "description": "A part of the file",
        "content": {"application/octet-stream": BYTES},
        "headers": SENT | {"Content-Range": docs.header("Which part", "bytes 0-99/48213")},
    },
    307: {
        "description": "The file is at another address, for five minutes (with `MODELYARD_DOWNLOAD_REDIRECT` only)",
        "content": {},
        "headers": {
            **docs.ETAG,
            "Location": docs.header("A signed address of the object store", "https://bucket.s3.amazonaws.com/…"),
            "Repr-Digest": SENT["Repr-Digest"],
            "Cache-Control": docs.header("Not to be kept", "no-store"),
        },
    },
    **docs.NOT_MODIFIED,
}
HEAD_ANSWERS: dict[int, dict[str, Any]] = {
    200: {"description": "The file is there", "content": {}, "headers": SENT},
    **docs.NOT_MODIFIED,
}
RANGE = [
    docs.header_parameter("Range", "One range of bytes; several, and other units, are ignored", "bytes=0-1023"),
    docs.header_parameter("If-Range", "Honour Range only if this is still the ETag", f'"sha256:{"2c" * 32}"'),
]


ARCHIVES = {ArchiveFormat.ZIP: (zip_of, "application/zip"), ArchiveFormat.TAR: (tar_of, "application/x-tar")}


@router.get(
    "/models/{model}/versions/{ref}/files",
    response_model=FileList,
    **docs.documented(
        Permission.MODELS_READ,
        errors=(*docs.READS, *MISSING),
        answers={200: {"headers": docs.ETAG}, **docs.NOT_MODIFIED},
        parameters=[docs.IF_NONE_MATCH],
    ),
)
async def list_files(request: Request, model: ModelPath, ref: VersionRef) -> Response:
    """List the files of a version with their digests and sizes."""
    version, files = await context_of(request).database.scan(list_stored, model, parse_reference(ref))

    def render() -> bytes:
        items = [FileRead.model_validate(stored.file) for stored in files]
        return json_body(FileList(model=version.model, number=version.number, items=items))

    return tagged_response(request, f"{version.id}-files", render)


@router.head(
    "/models/{model}/versions/{ref}/files/{path:path}",
    response_class=Response,
    **docs.documented(
        Permission.MODELS_READ,
        errors=(*docs.READS, *MISSING, errors.FileNotInVersion),
        answers=HEAD_ANSWERS,
        parameters=[docs.IF_NONE_MATCH],
    ),
)
async def head_file(request: Request, model: ModelPath, ref: VersionRef, path: FilePath) -> Response:
    """Ask for size and digest of a file."""
    return await download_file(request, model, ref, path)


@router.get(
    "/models/{model}/versions/{ref}/files/{path:path}",
    response_class=Response,
    **docs.documented(
        Permission.MODELS_READ,
        errors=(
            *docs.READS,
            *MISSING,
            errors.FileNotInVersion,
            errors.UnsatisfiableRange,
            errors.BlobLost,
            errors.StorageUnavailable,
        ),
        answers=FILE_ANSWERS,
        parameters=[docs.IF_NONE_MATCH, *RANGE],
    ),
)
async def download_file(request: Request, model: ModelPath, ref: VersionRef, path: FilePath) -> Response:
    """Download a file, or a range of it. Its ETag is its digest."""
    context = context_of(request)
    state = await state_of(request)
    known = context.recent_files.find(state, (model, ref, path))
    if known is None:
        known = RecentFile(await context.database.read(find_file, model, parse_reference(ref), path), b"")
    response = await send_file(
        request,
        context.blob_store,
        known,
        may_redirect=context.download_redirect,
        is_proving=context.verify_downloads,
    )
    context.recent_files.keep(state, (model, ref, path), RecentFile(known.stored, known.body or whole_of(response)))
    return response


@router.get(
    "/models/{model}/versions/{ref}/archive",
    response_class=Response,
    **docs.documented(
        Permission.MODELS_READ,
        errors=(*docs.READS, *MISSING, errors.FileNotInVersion, errors.BlobLost, errors.StorageUnavailable),
        answers={
            200: {
                "description": "The files of the version",
                "content": {"application/zip": BYTES, "application/x-tar": BYTES},
                "headers": docs.ETAG | {"Content-Disposition": SENT["Content-Disposition"]},
            },
            **docs.NOT_MODIFIED,
        },
        parameters=[docs.IF_NONE_MATCH],
    ),
)
async def download_archive(
    request: Request,
    model: ModelPath,
    ref: VersionRef,
    chosen: Annotated[ArchiveParameters, Query()],
) -> Response:
    """Download files of a version as one archive. They are stored in it as they are, not compressed."""
    context = context_of(request)
    version, stored = await context.database.scan(list_stored, model, parse_reference(ref))
    files = chosen.of(stored)
    archive_format = chosen.format
    make, media_type = ARCHIVES[archive_format]
    tag = f"{version.id}-{archive_format}"
    if len(files) < len(stored):
        tag = f"{tag}-{len(files)}-{chosen.max_file_bytes}"  # of the files that are small enough, the last so many
    name = f"{version.model}-{version.number}.{archive_format}"
    headers = {**SAFE_HEADERS, "Content-Disposition": attachment(name), "ETag": etag(tag)}
    if has_current(request, tag):
        return Response(status_code=304, headers=headers)
    await require_stored(files, context.blob_store)
    if is_head(request):
        return Response(status_code=200, headers=headers, media_type=media_type)
    read = reader_of(context.blob_store, is_proving=context.verify_downloads)
    return StreamingResponse(make(files, read, version.created_at), 200, headers, media_type)

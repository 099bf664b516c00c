"""Taking in a new version: from a manifest in JSON, or from a form that brings the files along."""

import re
from collections.abc import AsyncIterator
from typing import Any

from fastapi import Request

from modelyard.domain.errors import FieldError, InvalidInput, Malformed, TooLarge
from modelyard.domain.file_path import check_file_path
from modelyard.domain.json_value import canonical_json
from modelyard.domain.model_version import File, VersionDraft
from modelyard.domain.principal import Principal
from modelyard.presentation.api.uploads.possession import sent_by_caller
from modelyard.presentation.api.versions.form import DESCRIPTION, FormReader, Part
from modelyard.presentation.api.versions.schemas import MEDIA_TYPE, VersionCreate, VersionDescription
from modelyard.presentation.http.context import Context
from modelyard.presentation.http.strict_json import decoded, media_type_of, parse_json, read_bounded, require_json
from modelyard.presentation.http.validation import validated

FORM = "multipart/form-data"
_MEDIA_TYPE = re.compile(MEDIA_TYPE)

BODY: dict[str, Any] = {
    "required": True,
    "content": {
        "application/json": {"schema": {"$ref": "#/components/schemas/VersionCreate"}},
        FORM: {
            "schema": {
                "type": "object",
                "properties": {
                    DESCRIPTION: {"$ref": "#/components/schemas/VersionDescription"},
                    "file": {
                        "type": "array",
                        "items": {"type": "string", "format": "binary"},
                        "description": "One part a file; its file name is its path in the version",
                    },
                },
                "additionalProperties": False,
            },
            "encoding": {
                DESCRIPTION: {"contentType": "application/json"},
                "file": {"contentType": "application/octet-stream"},
            },
            "example": {
                DESCRIPTION: {"description": "a tree", "tags": {"team": "risk"}},
                "file": ["the model's bytes"],
            },
        },
    },
}
"""How OpenAPI describes the two bodies."""


def is_form(request: Request) -> bool:
    """Whether the body is a form, which brings the files along."""
    return media_type_of(request) == FORM


async def receive_version(request: Request, context: Context, principal: Principal) -> tuple[VersionDraft, bytes]:
    """Read the body, whichever of the two it is; files of a form are stored when this returns.

    Returns:
        The draft, and what identifies the request to an Idempotency-Key.

    Raises:
        UnsupportedMedia, Malformed, InvalidInput, TooLarge, DigestMismatch: the body.
    """
    if is_form(request):
        return await _from_form(request, context, principal)
    require_json(request, FORM)
    body = await read_bounded(request, context.max_json_bytes)
    draft = await decoded(body, lambda encoded: validated(VersionCreate, parse_json(encoded)).draft())
    return draft, body


async def _from_form(request: Request, context: Context, principal: Principal) -> tuple[VersionDraft, bytes]:
    description: VersionDescription | None = None
    files: list[File] = []
    async for part in FormReader(request).parts():
        # By its name alone: browsers give a file name to each Blob, and curl to what it reads from a file.
        if part.name == DESCRIPTION:
            if description is not None:
                raise Malformed(f"the part {DESCRIPTION!r} stands twice in the form")
            body = await _joined(part.pieces, context.max_json_bytes)
            description = await decoded(body, lambda encoded: validated(VersionDescription, parse_json(encoded)))
        elif part.file_name is not None:
            files.append(await _stored(request, part, part.file_name, context, principal))
        else:
            message = f"the part {part.name[:100]!r} is neither a file nor {DESCRIPTION!r}"
            raise InvalidInput(message, errors=[FieldError(pointer=f"/{part.name[:100]}", message=message)])
    description = description or VersionDescription()
    draft = description.draft_with(tuple(files))
    entries = [{"path": file.path, "digest": file.digest, "media_type": file.media_type} for file in files]
    return draft, canonical_json([description.model_dump(), entries])


async def _stored(request: Request, part: Part, path: str, context: Context, principal: Principal) -> File:
    check_file_path(path, "/file")
    media_type = part.media_type.partition(";")[0].strip().lower()
    if not _MEDIA_TYPE.fullmatch(media_type):
        message = f"{media_type[:100]!r} is no media type"
        raise InvalidInput(f"{path}: {message}", errors=[FieldError(pointer="/file", message=message)])
    [received] = await sent_by_caller(request, [await context.transfer.receive(principal, part.pieces)])
    return File(path=path, digest=received.digest, size_bytes=received.size_bytes, media_type=media_type)


async def _joined(pieces: AsyncIterator[bytes], limit_bytes: int) -> bytes:
    body = bytearray()
    async for piece in pieces:
        body += piece
        if len(body) > limit_bytes:
            raise TooLarge(f"the part {DESCRIPTION!r} has at most {limit_bytes} bytes")
    return bytes(body)

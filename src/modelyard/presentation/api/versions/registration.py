"""Taking in a new version: from a manifest in JSON, or from a form that brings the files along."""

from collections.abc import AsyncIterator
from typing import Any, TypeVar

from fastapi import Request
from pydantic import ValidationError

from modelyard.domain.errors import FieldError, InvalidInput, TooLarge
from modelyard.domain.file_path import check_file_path
from modelyard.domain.json_value import canonical_json
from modelyard.domain.model_version import File, VersionDraft
from modelyard.domain.principal import Principal
from modelyard.presentation.api.versions.form import DESCRIPTION, FormReader, Part
from modelyard.presentation.api.versions.schemas import VersionCreate, VersionDescription
from modelyard.presentation.http.context import Context
from modelyard.presentation.http.problem_details import invalid_input
from modelyard.presentation.http.strict_json import parse_json, read_bounded, require_json

FORM = "multipart/form-data"

Description = TypeVar("Description", bound=VersionDescription)

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
            },
            "encoding": {DESCRIPTION: {"contentType": "application/json"}},
        },
    },
}
"""How OpenAPI describes the two bodies."""


async def receive_version(request: Request, context: Context, principal: Principal) -> tuple[VersionDraft, bytes]:
    """Read the body, whichever of the two it is; files of a form are stored when this returns.

    Returns:
        The draft, and what identifies the request to an Idempotency-Key.

    Raises:
        UnsupportedMedia, Malformed, InvalidInput, TooLarge, DigestMismatch: the body.
    """
    if request.headers.get("content-type", "").lower().startswith(FORM):
        return await _from_form(request, context, principal)
    require_json(request)
    body = await read_bounded(request, context.max_json_bytes)
    return _validated(VersionCreate, parse_json(body)).draft(), body


async def _from_form(request: Request, context: Context, principal: Principal) -> tuple[VersionDraft, bytes]:
    description = VersionDescription()
    files: list[File] = []
    async for part in FormReader(request).parts():
        if part.file_name is not None:
            files.append(await _stored(part, part.file_name, context, principal))
        elif part.name == DESCRIPTION:
            body = await _joined(part.pieces, context.max_json_bytes)
            description = _validated(VersionDescription, parse_json(body))
        else:
            message = f"the part {part.name[:100]!r} is neither a file nor {DESCRIPTION!r}"
            raise InvalidInput(message, errors=[FieldError(pointer=f"/{part.name[:100]}", message=message)])
    draft = description.draft_with(tuple(files))
    entries = [{"path": file.path, "digest": file.digest, "media_type": file.media_type} for file in files]
    return draft, canonical_json([description.model_dump(), entries])


async def _stored(part: Part, path: str, context: Context, principal: Principal) -> File:
    check_file_path(path, "/file")
    received = await context.transfer.receive(principal, part.pieces)
    media_type = part.media_type.partition(";")[0].strip().lower()
    return File(path=path, digest=received.digest, size_bytes=received.size_bytes, media_type=media_type)


async def _joined(pieces: AsyncIterator[bytes], limit_bytes: int) -> bytes:
    body = bytearray()
    async for piece in pieces:
        body += piece
        if len(body) > limit_bytes:
            raise TooLarge(f"the part {DESCRIPTION!r} has at most {limit_bytes} bytes")
    return bytes(body)


def _validated(schema: type[Description], document: object) -> Description:
    try:
        return schema.model_validate(document)
    except ValidationError as error:
        raise invalid_input(error, prefix=("body",)) from error

"""Taking the form in: texts, the files that it brings along, and those that were sent before."""

import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace

from fastapi import Request

from modelyard.domain.errors import FieldError, InvalidInput, Malformed, RegistryError, TooLarge
from modelyard.domain.file_path import check_file_path
from modelyard.domain.json_value import JsonObject, JsonValue
from modelyard.domain.principal import Principal
from modelyard.presentation.api.uploads.possession import sent_by_caller
from modelyard.presentation.api.versions.form import FormReader, Part
from modelyard.presentation.http.context import context_of

FILES = frozenset({"file", "folder"})
STORED = "stored"
MAX_TEXT_FIELDS = 50
_UNKNOWN_TYPE = "application/octet-stream"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What came: texts by field, and files as a manifest has them. `fault` is what broke it off."""

    fields: dict[str, str] = field(default_factory=dict)
    files: tuple[JsonObject, ...] = ()
    fault: RegistryError | None = None


async def read_registration(request: Request, principal: Principal, check: Callable[[str], None]) -> Sent:
    """Read the form. Files are stored when this returns, also when it breaks off, and their entries are given back.

    Args:
        request: A form of `multipart/form-data`.
        principal: Who sends the files.
        check: Asked for the model before the first file is stored; whatever it raises breaks off.
    """
    fields: dict[str, str] = {}
    files: list[JsonObject] = []
    try:
        async for part in FormReader(request).parts():
            if part.name not in FILES:
                await _take_text(request, part, fields)
                continue
            if not part.file_name:  # what browsers send for a field of files in which none was chosen
                await _joined(part.pieces, 0)
                continue
            if not files:
                check(fields.get("model", "").strip())
            files.append(await _stored(request, part, part.file_name, principal))
        files = [*_stored_before(fields.get(STORED, "")), *files]
    except RegistryError as error:
        return Sent(fields=fields, files=tuple(files), fault=error)
    return Sent(fields=fields, files=_latest(files))


async def _take_text(request: Request, part: Part, fields: dict[str, str]) -> None:
    limit = context_of(request).max_json_bytes
    if part.name in fields or len(fields) >= MAX_TEXT_FIELDS:
        raise Malformed(f"the form gives {part.name[:100]!r} twice, or too many fields")
    try:
        text = (await _joined(part.pieces, limit)).decode()
    except UnicodeDecodeError as error:
        raise Malformed(f"the field {part.name[:100]!r} is not UTF-8") from error
    fields[part.name] = text.replace("\r\n", "\n")


async def _joined(pieces: AsyncIterator[bytes], limit_bytes: int) -> bytes:
    body = bytearray()
    async for piece in pieces:
        body += piece
        if len(body) > limit_bytes:
            raise TooLarge(f"a field of the form has at most {limit_bytes} bytes")
    return bytes(body)


async def _stored(request: Request, part: Part, path: str, principal: Principal) -> JsonObject:
    check_file_path(path, "/file")
    received = await context_of(request).transfer.receive(principal, part.pieces)
    [kept] = await sent_by_caller(request, [replace(received)])
    media_type = part.media_type.partition(";")[0].strip().lower() or _UNKNOWN_TYPE
    return {"path": path, "digest": kept.digest, "size_bytes": kept.size_bytes, "media_type": media_type}


def _stored_before(text: str) -> list[JsonObject]:
    """What the script has sent by the API, or an earlier try of the form."""
    if not text:
        return []
    try:
        listed: JsonValue = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _no_list() from error
    if not isinstance(listed, list) or not all(isinstance(entry, dict) for entry in listed):
        raise _no_list()
    return [entry for entry in listed if isinstance(entry, dict)]


def _latest(files: list[JsonObject]) -> tuple[JsonObject, ...]:
    """Of files of one path, the one that came last."""
    return tuple({str(entry.get("path")): entry for entry in files}.values())


def _no_list() -> InvalidInput:
    message = "is no list of files"
    return InvalidInput(f"{STORED} {message}", errors=[FieldError(pointer=STORED, message=message)])

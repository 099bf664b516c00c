"""Three ways to register a version: a form in one call, files sent one by one, and an upload that survives a cut."""

import contextlib
import json
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import httpx

from demo.description import ModelFile
from demo.failure import DemoFailed
from demo.registry import Document, Registry, model_path

LARGE_BYTES = 4 * 1024**2
_PIECE_BYTES = 256 * 1024
_PATIENCE_SECONDS = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """A version as the registry shows it, and how its files came there. A form also has the key that it went under."""

    version: Document
    way: str
    idempotency_key: str = ""


Delivery: TypeAlias = Callable[[Registry, str, Sequence[ModelFile], Document], Delivered]


class _ConnectionCut(Exception):
    """The demo hung up in the middle of a body, on purpose."""


def send_form(registry: Registry, model: str, files: Sequence[ModelFile], description: Document) -> Delivered:
    """Register by `multipart/form-data`, creating the model where it is missing."""
    key = uuid.uuid4().hex
    version = send_form_under(key, registry, model, files, description).json()
    return Delivered(version=version, way="in one form", idempotency_key=key)


def send_form_under(
    key: str, registry: Registry, model: str, files: Sequence[ModelFile], description: Document
) -> httpx.Response:
    """Send a form under an `Idempotency-Key`: again under the same one, it gets the answer that it got before."""
    parts = [("version", (None, json.dumps(description), "application/json"))]
    sent = [("file", (file.path, file.payload, file.media_type)) for file in files]
    return registry.call(
        "POST",
        f"{model_path(model)}/versions",
        params={"create_model": True},
        files=[*parts, *sent],
        headers={"Idempotency-Key": key},
    )


def send_files(registry: Registry, model: str, files: Sequence[ModelFile], description: Document) -> Delivered:
    """Ask what is missing, send that, and register a manifest. A large file goes by resumable upload."""
    missing = set(registry.missing([file.digest for file in files]))
    ways: list[str] = []
    for file in files:
        if file.digest in missing and len(file.payload) >= LARGE_BYTES:
            ways.append(send_in_two_parts(registry, file))
        elif file.digest in missing:
            registry.call("PUT", f"/blobs/{file.digest}", content=file.payload)
    manifest = description | {"files": [file.entry() for file in files]}
    answer = registry.call("POST", f"{model_path(model)}/versions", json=manifest)
    return Delivered(version=answer.json(), way=" ".join(ways) or f"{len(missing)} of {len(files)} files")


def send_in_two_parts(registry: Registry, file: ModelFile) -> str:
    """Upload a file, hang up on the way, ask how far it came, and send the rest. Says where it was cut.

    Raises:
        DemoFailed: The registry kept nothing of the first part, or does not let the upload go on.
    """
    size_bytes = len(file.payload)
    upload = registry.call("POST", "/uploads", json={"size_bytes": size_bytes, "digest": file.digest})
    path = f"/uploads/{upload.json()['id']}"
    first_part = {"Upload-Offset": "0", "Content-Length": str(size_bytes)}
    with contextlib.suppress(_ConnectionCut):
        registry.send("PATCH", path, content=_until_cut(file.payload), headers=first_part)
    continued_at = _continue(registry, path, file.payload)
    registry.call("PUT", path, params={"digest": file.digest})
    return f"cut at {100 * continued_at // size_bytes} %"


def _until_cut(payload: bytes) -> Iterator[bytes]:
    for start in range(0, len(payload) * 2 // 5, _PIECE_BYTES):
        yield payload[start : start + _PIECE_BYTES]
    raise _ConnectionCut


def _continue(registry: Registry, path: str, payload: bytes) -> int:
    """Send what is missing, from where the registry says; that offset.

    The server may still be busy with what came before the cut; until then it says that nothing is kept, or refuses.
    """
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while True:
        answer = registry.call("HEAD", path)
        offset = int(answer.headers["Upload-Offset"])
        if offset:
            answer = registry.send("PATCH", path, content=payload[offset:], headers={"Upload-Offset": str(offset)})
            if answer.is_success:
                return offset
        if time.monotonic() > deadline:
            raise DemoFailed(f"The upload {path} cannot be continued at {offset}: {answer.text}")
        time.sleep(0.02)

"""The page of one file of a version."""

from dataclasses import dataclass

from fastapi import Request, Response
from starlette.concurrency import run_in_threadpool

from modelyard.application.ports.database import Transaction
from modelyard.application.ports.versions import StoredFile
from modelyard.application.queries.files import find_file, require_sound
from modelyard.domain.permission import Permission
from modelyard.domain.reference import ByNumber, Reference, parse_reference
from modelyard.presentation.api.addresses import FilePath, ModelPath, VersionRef
from modelyard.presentation.http.context import context_of
from modelyard.presentation.web.formats import size_text
from modelyard.presentation.web.links import download_link, version_link
from modelyard.presentation.web.markdown import card_html
from modelyard.presentation.web.page import page, page_router
from modelyard.presentation.web.pages.version.preview import LIMITS, PreviewView, preview_of
from modelyard.presentation.web.pages.version.preview_kinds import PreviewKind, kind_of
from modelyard.presentation.web.rendering import show

router = page_router()


@dataclass(frozen=True, slots=True, kw_only=True)
class FilePageView:
    """A file: what it is, where its bytes are, and a look into it."""

    path: str
    name: str
    version_href: str
    files_href: str
    size: str
    digest: str
    download_href: str
    preview: PreviewView
    html: str


@router.get("/models/{model}/versions/{ref}/files/{path:path}", **page(Permission.MODELS_READ))
async def show_file(request: Request, model: ModelPath, ref: VersionRef, path: FilePath) -> Response:
    """Show the beginning of a file; what cannot be shown can be downloaded."""
    number, stored = await context_of(request).database.scan(_found, model, parse_reference(ref), path)
    preview = await _preview(request, stored)
    view = FilePageView(
        path=path,
        name=f"{model}:{number}",
        version_href=version_link(model, number),
        files_href=version_link(model, number, "files"),
        size=size_text(stored.file.size_bytes),
        digest=stored.file.digest,
        download_href=download_link(model, number, path),
        preview=preview,
        html=await card_html(preview.html_source),
    )
    return await show(request, "file.html", view)


def _found(tx: Transaction, model: str, reference: Reference, path: str) -> tuple[int, StoredFile]:
    number = reference.number if isinstance(reference, ByNumber) else tx.versions.get(model, reference).number
    return number, find_file(tx, model, ByNumber(number), path)


async def _preview(request: Request, stored: StoredFile) -> PreviewView:
    kind, size = kind_of(stored.file.path), stored.file.size_bytes
    if kind is None:
        return PreviewView(reason="Files of this kind cannot be looked at here.")
    require_sound(stored)
    content = await _beginning(request, stored, min(size, LIMITS[kind]))
    if kind is PreviewKind.IMAGE and size > LIMITS[kind]:
        content = content[:16]
    return await run_in_threadpool(preview_of, kind, content, size)


async def _beginning(request: Request, stored: StoredFile, length: int) -> bytes:
    if length == 0:
        return b""
    pieces = context_of(request).blob_store.read(stored.key, 0, length)
    return b"".join([piece async for piece in pieces])

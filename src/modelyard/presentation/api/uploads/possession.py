"""What callers are told of bytes that others may have sent before: nothing."""

from collections.abc import Sequence
from dataclasses import replace

from fastapi import Request

from modelyard.application.services import possession
from modelyard.application.services.transfer import Received
from modelyard.domain.digest import Digest
from modelyard.domain.errors import UploadNotFound
from modelyard.domain.model_version import VersionDraft
from modelyard.presentation.http.access import standing_of
from modelyard.presentation.http.context import context_of


async def sent_by_caller(request: Request, received: Sequence[Received]) -> Sequence[Received]:
    """Remember who has sent these; `is_new` then says whether they are new to them, not whether others had them."""
    standing = standing_of(request)
    if standing is None or not received:
        return received
    digests = [one.digest for one in received]
    new = set(await context_of(request).database.sweep(possession.note_sender, standing, digests))
    return [replace(one, is_new=one.digest in new) for one in received]


async def missing_for_caller(request: Request, digests: Sequence[Digest]) -> Sequence[Digest]:
    """Which of these the caller has to send; the others are kept for a registration to come.

    What others have sent is not even looked for: neither time nor what is kept for how long tells of it.
    """
    standing, context = standing_of(request), context_of(request)
    if standing is None:
        return await context.transfer.missing(digests)
    unknown = set(await context.database.scan(possession.unknown_to, standing, digests))
    known = [digest for digest in digests if digest not in unknown]
    missing = unknown.union(await context.transfer.missing(known)) if known else unknown
    return [digest for digest in dict.fromkeys(digests) if digest in missing]


async def require_referable(request: Request, draft: VersionDraft) -> None:
    """Let only files pass that the caller has sent, or may read elsewhere.

    Raises:
        BlobsMissing: as of files that are not stored.
    """
    standing = standing_of(request)
    if standing is not None and draft.content.files:
        digests = [file.digest for file in draft.content.files]
        await context_of(request).database.scan(possession.require_known, standing, digests)


async def require_own_upload(request: Request, upload_id: str) -> None:
    """Let nobody write to the uploads of others, even if they know of them.

    Raises:
        UploadNotFound: it is somebody else's, or there is none.
    """
    standing = standing_of(request)
    if standing is None:
        return
    upload = await context_of(request).transfer.find(upload_id)
    if upload.created_by != standing.principal.name:
        raise UploadNotFound(f"there is no upload {upload_id[:100]}")

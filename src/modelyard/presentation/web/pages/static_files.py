"""The files that pages are made with."""

from fastapi import Request, Response
from starlette.concurrency import run_in_threadpool

from modelyard.domain.permission import Permission
from modelyard.presentation.http.conditions import etag, has_current
from modelyard.presentation.web.assets import STATIC, assets_of, bundle_of
from modelyard.presentation.web.page import page, page_router

router = page_router()

_FOR_EVER = "public, max-age=31536000, immutable"


@router.get(f"{STATIC}/{{tag}}/{{name}}", **page(Permission.OPERATE))
async def read_static_file(request: Request, tag: str, name: str) -> Response:
    """A style sheet or script; under the tag of another release the present one, which is not kept.

    Two servers of different releases stand side by side while one is replaced, and a page of one may ask the other.
    """
    asset = await run_in_threadpool(assets_of(request).find, name)
    present = (await bundle_of(request)).tag
    headers = {
        "ETag": etag(f"{present}-{name}"),
        "Cache-Control": _FOR_EVER if tag == present else "no-cache",
        "Vary": "Accept-Encoding",
        "X-Content-Type-Options": "nosniff",
    }
    if has_current(request, f"{present}-{name}"):
        return Response(status_code=304, headers=headers)
    if "gzip" in request.headers.get("accept-encoding", ""):
        return Response(asset.packed, 200, {**headers, "Content-Encoding": "gzip"}, asset.media_type)
    return Response(asset.body, 200, headers, asset.media_type)

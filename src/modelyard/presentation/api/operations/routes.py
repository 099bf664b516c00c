"""The routes of the server itself."""

import asyncio
from typing import Any

from fastapi import Request
from fastapi.openapi.docs import get_swagger_ui_html
from pydantic import BaseModel, Field
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response

from modelyard.domain import errors
from modelyard.domain.permission import Permission
from modelyard.presentation.http import documentation as docs
from modelyard.presentation.http.context import context_of
from modelyard.presentation.http.routing import registry_router

router = registry_router("operations", prefix="")

ASSETS = "/docs/assets"
DOCUMENT = "/openapi.json"


class Status(BaseModel):
    """How the server is."""

    status: str = Field(examples=["ok"])


@router.get("/health", response_model=Status, **docs.documented(Permission.OPERATE, errors=docs.ASKS))
async def check_health() -> Status:
    """Say that the process is alive. It asks nothing of the database or the store."""
    return Status(status="ok")


@router.get(
    "/ready",
    response_model=Status,
    **docs.documented(
        Permission.OPERATE,
        errors=(*docs.READS, errors.StorageUnavailable, errors.StorageFull),
    ),
)
async def check_ready(request: Request) -> Status:
    """Say whether database and store can read and write now; otherwise an error says which cannot."""
    context = context_of(request)
    await context.database.check()
    await context.blob_store.check()
    return Status(status="ready")


@router.get(
    "/metrics",
    response_class=PlainTextResponse,
    **docs.documented(Permission.TELEMETRY_READ, errors=docs.ASKS),
)
async def read_telemetry(request: Request) -> Response:
    """Say for Prometheus how often and how fast the server answered, by method, route and status."""
    telemetry = context_of(request).telemetry
    body = await asyncio.to_thread(telemetry.exposition)
    return Response(body, media_type=telemetry.media_type, headers={"Cache-Control": "no-store"})


@router.get("/docs", response_class=HTMLResponse, **docs.documented(Permission.OPERATE, errors=docs.ASKS))
async def show_docs() -> HTMLResponse:
    """Show the interactive documentation; its scripts come from an installed package, so it works without internet."""
    return get_swagger_ui_html(
        openapi_url=DOCUMENT,
        title="Modelyard API",
        swagger_js_url=f"{ASSETS}/swagger-ui-bundle.js",
        swagger_css_url=f"{ASSETS}/swagger-ui.css",
        swagger_favicon_url=f"{ASSETS}/favicon.png",
    )


@router.get(DOCUMENT, response_model=dict[str, Any], **docs.documented(Permission.OPERATE, errors=docs.ASKS))
async def read_openapi(request: Request) -> JSONResponse:
    """Read this document, from which clients can be generated."""
    return JSONResponse(request.app.openapi())

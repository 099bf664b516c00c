"""The whole API as one application."""

from collections.abc import Callable, Iterable
from contextlib import AbstractAsyncContextManager
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from starlette.staticfiles import StaticFiles

from modelyard import __version__
from modelyard.presentation.api.aliases.routes import router as aliases
from modelyard.presentation.api.events.routes import router as events
from modelyard.presentation.api.files.routes import router as files
from modelyard.presentation.api.metrics.routes import router as metrics
from modelyard.presentation.api.models.routes import router as models
from modelyard.presentation.api.operations.routes import ASSETS
from modelyard.presentation.api.operations.routes import router as operations
from modelyard.presentation.api.transitions.routes import router as transitions
from modelyard.presentation.api.uploads.routes import router as uploads
from modelyard.presentation.api.versions.routes import router as versions
from modelyard.presentation.api.versions.schemas import VersionCreate, VersionDescription
from modelyard.presentation.http.context import Context
from modelyard.presentation.http.documentation import Problem, header
from modelyard.presentation.http.problem_details import handle_errors

BASE = "/api/v1"
ROUTERS = (versions, models, files, uploads, transitions, aliases, metrics, events)
"""In the order in which addresses are tried: what serving programs ask most comes first."""

REQUEST_ID = {"X-Request-Id": header("Names this request in the server's log", "b1946ac92492d234-7")}


Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]
"""What surrounds the serving: opening before the first request, closing after the last."""


def create_api(context: Context, lifespan: Lifespan | None = None) -> FastAPI:
    """The application that serves the API with these collaborators."""
    app = FastAPI(
        title="Modelyard",
        version=__version__,
        summary="A machine-learning model registry",
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
        redirect_slashes=False,
    )
    app.state.context = context
    handle_errors(app)
    for router in ROUTERS:
        app.include_router(router, prefix=BASE)
    app.include_router(operations)
    app.mount(ASSETS, StaticFiles(packages=[("fastapi_offline", "static")]), name="docs-assets")
    app.openapi = lambda: _openapi(app)  # type: ignore[method-assign]
    return app


def _openapi(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document: what FastAPI derives, with the schemas and headers that it cannot see."""
    if app.openapi_schema is None:
        document = get_openapi(title=app.title, version=app.version, summary=app.summary, routes=app.routes)
        schemas = document["components"]["schemas"]
        for unused in ("HTTPValidationError", "ValidationError"):
            schemas.pop(unused, None)
        for schema in (Problem, VersionCreate, VersionDescription):
            definition = schema.model_json_schema(ref_template="#/components/schemas/{model}")
            schemas.update(definition.pop("$defs", {}))
            schemas[schema.__name__] = definition
        for operations in document["paths"].values():
            for operation in operations.values():
                _complete(operation["responses"].values())
        app.openapi_schema = document
    return app.openapi_schema


def _complete(answers: Iterable[dict[str, Any]]) -> None:
    for answer in answers:
        answer["headers"] = REQUEST_ID | answer.get("headers", {})

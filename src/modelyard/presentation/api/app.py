"""The whole API as one application."""

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any

from fastapi import FastAPI
from starlette.staticfiles import StaticFiles

from modelyard import __version__
from modelyard.presentation.api.accounts.routes import router as accounts
from modelyard.presentation.api.aliases.routes import router as aliases
from modelyard.presentation.api.comparisons.routes import router as comparisons
from modelyard.presentation.api.events.routes import router as events
from modelyard.presentation.api.files.routes import router as files
from modelyard.presentation.api.grants.routes import router as grants
from modelyard.presentation.api.groups.routes import router as groups
from modelyard.presentation.api.metrics.routes import router as metrics
from modelyard.presentation.api.models.routes import router as models
from modelyard.presentation.api.oauth.routes import router as oauth
from modelyard.presentation.api.openapi import document_of
from modelyard.presentation.api.operations.routes import ASSETS
from modelyard.presentation.api.operations.routes import router as operations
from modelyard.presentation.api.passwords.routes import router as passwords
from modelyard.presentation.api.policies.routes import router as policies
from modelyard.presentation.api.requests.routes import router as requests
from modelyard.presentation.api.search.routes import router as search
from modelyard.presentation.api.tokens.routes import router as tokens
from modelyard.presentation.api.transitions.routes import router as transitions
from modelyard.presentation.api.uploads.routes import router as uploads
from modelyard.presentation.api.versions.routes import router as versions
from modelyard.presentation.api.webhooks.routes import router as webhooks
from modelyard.presentation.api.workloads.routes import router as workloads
from modelyard.presentation.http.context import Context
from modelyard.presentation.http.problem_details import handle_errors
from modelyard.presentation.http.routing import BASE

__all__ = ["BASE", "ROUTERS", "Lifespan", "create_api"]

ROUTERS = (
    *(versions, models, files, uploads, transitions, requests, aliases),
    *(policies, metrics, comparisons, search, events, webhooks),
    *(tokens, oauth, workloads, accounts, passwords, groups, grants, operations),
)
"""In the order in which addresses are tried: what serving programs ask most comes first."""

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[Mapping[str, Any]]]
"""What surrounds the serving: opening before the first request, closing after the last; with state for the server."""


def create_api(context: Context, lifespan: Lifespan | None = None) -> FastAPI:
    """The application that serves the API with these collaborators."""
    app = FastAPI(
        title="Modelyard",
        version=__version__,
        summary="A machine-learning model registry",
        openapi_url=None,  # /openapi.json and /docs are routes like all others
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
        redirect_slashes=False,
    )
    app.state.context = context
    handle_errors(app)
    for router in ROUTERS:
        # Not `include_router`, which looks for the route of each request twice: 125 µs for a version by alias, 110 so.
        app.router.routes.extend(router.routes)
    app.mount(ASSETS, StaticFiles(packages=[("fastapi_offline", "static")]), name="docs-assets")
    app.openapi = lambda: document_of(app)  # type: ignore[method-assign]
    return app

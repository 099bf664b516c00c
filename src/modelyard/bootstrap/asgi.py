"""The ASGI application: the API and the pages, what surrounds each request, and what surrounds the serving."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from fastapi import FastAPI
from starlette.types import ASGIApp

from modelyard.application.ports.database import Database
from modelyard.application.services.issuing import FIRST_ADMINISTRATOR, enrol_first_administrator
from modelyard.bootstrap.collection import collected
from modelyard.bootstrap.container import build_collection, build_context, build_dispatcher
from modelyard.bootstrap.ending import END_STREAMS
from modelyard.bootstrap.schedule import beside
from modelyard.bootstrap.settings import Settings
from modelyard.presentation.api.app import create_api
from modelyard.presentation.http.body_deadline import BodyDeadline
from modelyard.presentation.http.context import Context
from modelyard.presentation.http.rates import RateLimited
from modelyard.presentation.http.request_id import RequestId
from modelyard.presentation.http.same_origin import SameOrigin
from modelyard.presentation.web.late_pages import add_pages


def create_app(settings: Settings) -> ASGIApp:
    """The application for these settings. Database and store are opened by its lifespan, not here."""
    context = build_context(settings)
    collection = build_collection(settings, context)
    dispatcher = build_dispatcher(settings, context)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[dict[str, Callable[[], None]]]:
        settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        await context.database.open()
        try:
            await context.blob_store.open()
            if settings.has_auth:
                await _enrol(context.database)  # last: what is told by a start that then fails, nobody may ever read
            async with (
                collected(collection, interval_seconds=settings.gc_interval_seconds),
                beside(dispatcher.run, name="webhooks"),
            ):
                yield {END_STREAMS: context.live_events.end}
        finally:
            await context.live_events.close()
            await context.plot_renderer.close()
            await context.limits.counter.close()
            await context.database.close()
            await context.blob_store.close()

    api = create_api(context, lifespan)
    add_pages(api)
    return _surrounded(api, settings, context)


def _surrounded(api: ASGIApp, settings: Settings, context: Context) -> ASGIApp:
    """What stands before the API; the last that is put around it sees a request first."""
    app: ASGIApp = SameOrigin(api, is_loopback_only=not settings.has_auth)
    if context.limits.of_address or context.limits.of_account:
        app = RateLimited(app, context.limits)
    app = BodyDeadline(app, idle_timeout_seconds=settings.body_idle_timeout_seconds)
    return RequestId(app, context.telemetry)


async def _enrol(database: Database) -> None:
    """On the first start, make an administrator and tell its token: on stdout, once, and never in a log."""
    secret = await database.write(enrol_first_administrator)
    if secret is not None:
        print(  # noqa: T201 - for whoever starts the server; logs are kept, and read by others
            f"The first start made the account {FIRST_ADMINISTRATOR!r}. Its token, which is not shown again:\n"
            f"    {secret.text}\nKeep it with: modelyard login",
            flush=True,
        )

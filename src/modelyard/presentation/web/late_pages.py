"""All pages as one route of the application, which are imported when the first is asked for."""

from collections.abc import Sequence
from functools import cached_property

from fastapi import FastAPI
from starlette.routing import BaseRoute, Match
from starlette.types import Receive, Scope, Send

from modelyard.presentation.http.routing import BASE
from modelyard.presentation.web.assets import Assets
from modelyard.presentation.web.error_pages import show_errors_as_pages
from modelyard.presentation.web.rendering import Templates

_CHOSEN = "modelyard.page"


class LatePages(BaseRoute):
    """Stands behind the routes of the API, so that no program waits for pages, be it for their import or their match.

    Importing them takes a twentieth of the server's start.
    """

    @cached_property
    def routes(self) -> Sequence[BaseRoute]:
        """The routes of all pages."""
        from modelyard.presentation.web.site import PAGES  # noqa: PLC0415 - with the first page

        return [route for router in PAGES for route in router.routes]

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """As a router looks for a route: the first that fits, or the first that knows the address by other methods."""
        partial: tuple[Match, Scope] = (Match.NONE, {})
        if scope["type"] != "http" or scope["path"].startswith(f"{BASE}/"):
            return partial
        for route in self.routes:
            match, child_scope = route.matches(scope)
            if match is Match.FULL:
                return match, {**child_scope, _CHOSEN: route}
            if match is Match.PARTIAL and partial[0] is Match.NONE:
                partial = match, {**child_scope, _CHOSEN: route}
        return partial

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the page answer."""
        route: BaseRoute = scope[_CHOSEN]
        await route.handle(scope, receive, send)


def add_pages(app: FastAPI) -> None:
    """Let an application that serves the API show the pages too."""
    app.state.templates = Templates()
    app.state.assets = Assets()
    app.router.routes.append(LatePages())
    show_errors_as_pages(app)

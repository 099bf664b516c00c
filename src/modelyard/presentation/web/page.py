"""What every page declares, and what surrounds it."""

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse
from starlette.types import Receive, Scope, Send

from modelyard.domain.permission import Permission
from modelyard.presentation.http.routing import RegistryRoute
from modelyard.presentation.http.same_origin import require_page


class PageRoute(RegistryRoute):
    """A route of the API in all but its answers, which are for people; and it changes things for its own pages alone.

    A form is sent by a browser, which says where the page comes from. `SameOrigin` refuses foreign ones before; here
    those go that say nothing, since a cookie speaks for whoever sends them.
    """

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        require_page(Request(scope))
        await super().handle(scope, receive, send)


def page_router() -> APIRouter:
    """A router for some pages."""
    return APIRouter(route_class=PageRoute)


def page(permission: Permission) -> dict[str, Any]:
    """Arguments for the route of a page: the permission that it needs. It is no part of the OpenAPI document."""
    return {
        "include_in_schema": False,
        "response_class": HTMLResponse,
        "openapi_extra": {"x-permission": permission.value},
    }

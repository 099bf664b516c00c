"""Errors as pages, for those who read pages."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, cast

from fastapi import FastAPI, Request, Response

from modelyard.presentation.http.accept import preferred
from modelyard.presentation.http.problem_details import MEDIA_TYPE
from modelyard.presentation.http.routing import BASE
from modelyard.presentation.web.rendering import show

Handler = Callable[[Request, Exception], Awaitable[Response]]

_HTML = "text/html"


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorView:
    """A problem (RFC 9457) in a person's words."""

    status: int
    title: str
    detail: str
    hint: str
    faults: tuple[tuple[str, str], ...]
    request_id: str
    is_sign_in_needed: bool


def show_errors_as_pages(app: FastAPI) -> None:
    """Show each problem as a page where a page was asked for; below the API's base it stays what it is."""
    for kind, handler in list(app.exception_handlers.items()):
        app.add_exception_handler(kind, _shown(cast(Handler, handler)))


def view_of(problem: dict[str, Any], request_id: str) -> ErrorView:
    """The page's part of a problem's document."""
    return ErrorView(
        status=problem["status"],
        title=problem["title"],
        detail=problem["detail"],
        hint=problem.get("hint", ""),
        faults=tuple((fault["pointer"], fault["message"]) for fault in problem.get("errors", ())),
        request_id=request_id,
        is_sign_in_needed=problem["status"] == 401,
    )


def wants_page(request: Request) -> bool:
    """Whether a page was asked for, by address and by `Accept`."""
    return not request.url.path.startswith(BASE) and preferred(request, (MEDIA_TYPE, _HTML)) == _HTML


def _shown(handler: Handler) -> Handler:
    async def handle(request: Request, error: Exception) -> Response:
        problem = await handler(request, error)
        if not wants_page(request) or problem.media_type != MEDIA_TYPE:
            return problem
        request_id = str(getattr(request.state, "request_id", ""))
        view = view_of(json.loads(bytes(problem.body)), request_id)
        response = await show(request, "error.html", view, problem.status_code)
        for name in ("Allow", "Retry-After", "WWW-Authenticate"):
            if name in problem.headers:
                response.headers[name] = problem.headers[name]
        return response

    return handle

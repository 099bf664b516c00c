"""From a view to the page that a browser shows."""

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, cast

from fastapi import Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.responses import HTMLResponse, RedirectResponse

from modelyard.presentation.web.assets import bundle_of
from modelyard.presentation.web.flash import FLASH_COOKIE, Flash, keep_flash
from modelyard.presentation.web.shell import shell_of

if TYPE_CHECKING:  # imported with the first page: it takes as long as the start of the command line
    from jinja2 import Environment

FOLDER = Path(__file__).parent

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cache-Control": "private, no-cache",
}
"""On every page. Nothing runs or styles a page but the files of this server; a form is sent to it alone."""


class Templates:
    """The templates, read and compiled when they are first asked for."""

    @cached_property
    def environment(self) -> "Environment":
        """Everything is escaped, and a name that is not there is a fault."""
        from jinja2 import Environment, FileSystemLoader, StrictUndefined  # noqa: PLC0415

        return Environment(
            loader=FileSystemLoader([FOLDER / "templates", FOLDER]),
            autoescape=True,
            undefined=StrictUndefined,
            auto_reload=False,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def render(self, name: str, **context: object) -> str:
        """The page or part of one; in a thread, since the first one compiles and a long one takes milliseconds."""
        return self.environment.get_template(name).render(**context)


async def show(request: Request, template: str, view: object, status: int = 200) -> Response:
    """A page: the template finds `view`, and `shell` with what is on every page."""
    bundle = await bundle_of(request)
    shell = shell_of(request, bundle)
    templates = cast(Templates, request.app.state.templates)
    html = await run_in_threadpool(templates.render, template, view=view, shell=shell)
    response = HTMLResponse(html, status, HEADERS)
    if shell.flash is not None:
        response.delete_cookie(FLASH_COOKIE)
    return response


def see_other(request: Request, target: str, flash: Flash | None = None) -> Response:
    """After a form has done what it was sent for: look at that, and say that it is done."""
    response = RedirectResponse(target, 303, HEADERS)
    if flash is not None:
        keep_flash(request, response, flash)
    return response

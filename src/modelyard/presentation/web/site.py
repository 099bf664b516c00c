"""All pages as part of one application, beside the API."""

from fastapi import FastAPI

from modelyard.presentation.web.assets import Assets
from modelyard.presentation.web.error_pages import show_errors_as_pages
from modelyard.presentation.web.pages.home.routes import router as home
from modelyard.presentation.web.pages.preferences import router as preferences
from modelyard.presentation.web.pages.sign_in.provider import coming_back, leaving
from modelyard.presentation.web.pages.sign_in.routes import router as sign_in
from modelyard.presentation.web.pages.static_files import router as static_files
from modelyard.presentation.web.rendering import Templates

PAGES = (home, sign_in, leaving, coming_back, preferences, static_files)
"""Behind the routes of the API, so that no program waits for them."""


def add_pages(app: FastAPI) -> None:
    """Let an application that serves the API show the pages too. Nothing is read or compiled before it is asked for."""
    app.state.templates = Templates()
    app.state.assets = Assets()
    for router in PAGES:
        app.router.routes.extend(router.routes)
    show_errors_as_pages(app)

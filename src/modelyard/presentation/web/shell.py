"""What is on every page: where to go, who looks, and how it looks."""

from dataclasses import dataclass

from fastapi import Request

from modelyard import __version__
from modelyard.domain.permission import Permission
from modelyard.presentation.http.context import admissions_of
from modelyard.presentation.web.assets import Bundle
from modelyard.presentation.web.caller import CallerView, address_of, caller_of, may_anywhere
from modelyard.presentation.web.flash import Flash, flash_of

THEME_COOKIE = "modelyard_theme"
THEMES = ("light", "dark")


@dataclass(frozen=True, slots=True)
class Destination:
    """A link of the main navigation, for those who may do something there."""

    label: str
    href: str
    permission: Permission
    has_accounts: bool = False
    """Whether it is of no use where the registry asks nobody who they are."""


NAVIGATION = (
    Destination("Home", "/", Permission.MODELS_READ),
    Destination("Search", "/search", Permission.MODELS_READ),
    Destination("Compare", "/compare", Permission.MODELS_READ),
    Destination("Register", "/register", Permission.VERSIONS_REGISTER),
    Destination("Events", "/events", Permission.EVENTS_READ),
    Destination("Policies", "/policies", Permission.MODELS_READ),
    Destination("Webhooks", "/webhooks", Permission.WEBHOOKS_EDIT),
    Destination("Access", "/admin", Permission.ACCESS_EDIT, has_accounts=True),
    Destination("Tokens", "/tokens", Permission.ACCESS_OWN, has_accounts=True),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkView:
    """A link; `is_current` where it leads to this page or one below it."""

    label: str
    href: str
    is_current: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ShellView:
    """The frame of a page. `theme` is empty where the reader's system decides."""

    navigation: tuple[LinkView, ...]
    caller: CallerView
    theme: str
    flash: Flash | None
    here: str
    """This page's address, for forms that lead back to it."""
    static: str
    """Where styles and scripts lie; each stays the same under its address for ever."""
    release: str


def shell_of(request: Request, bundle: Bundle) -> ShellView:
    """The frame for this reader."""
    has_accounts = admissions_of(request) is not None
    theme = request.cookies.get(THEME_COOKIE, "")
    return ShellView(
        navigation=tuple(
            LinkView(label=each.label, href=each.href, is_current=_is_at(each.href, request.url.path))
            for each in NAVIGATION
            if may_anywhere(request, each.permission) and (has_accounts or not each.has_accounts)
        ),
        caller=caller_of(request),
        theme=theme if theme in THEMES else "",
        flash=flash_of(request),
        here=address_of(request),
        static=bundle.address,
        release=__version__,
    )


def _is_at(href: str, path: str) -> bool:
    return path == href or (href != "/" and path.startswith(f"{href}/"))

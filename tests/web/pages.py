"""What tests look for in a page."""

import html
import re

import httpx
from starlette.types import ASGIApp

from tests.api.in_process import ORIGIN

SCRIPT_OR_STYLE_INLINE = re.compile(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=", re.IGNORECASE)


def browser_of(app: ASGIApp, token: str = "") -> httpx.AsyncClient:
    """Somebody with a browser, which keeps cookies and says where forms come from."""
    headers = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8", "Sec-Fetch-Site": "same-origin"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=ORIGIN, headers=headers)


def shown(response: httpx.Response, status: int = 200) -> str:
    """The page, which has its headers and nothing inline."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    policy = response.headers["content-security-policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    assert not SCRIPT_OR_STYLE_INLINE.search(response.text)
    return response.text


def text_of(page: str) -> str:
    """What a person reads: no tags, and one space between words."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())

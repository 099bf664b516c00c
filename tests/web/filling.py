"""The steps that tests of forms share."""

import re

import httpx

from tests.api.steps import Document, done
from tests.web.pages import shown, text_of
from tests.web.scene import MODEL

PAGE = f"/models/{MODEL}"
FIVE = f"{PAGE}/versions/5"
REQUEST = f"{PAGE}/requests/1"


async def name_oneself(browser: httpx.AsyncClient, name: str) -> None:
    await browser.post("/preferences/name", data={"name": name, "return_to": "/"})
    await browser.get("/")


def hidden(page: str) -> dict[str, str]:
    """What the forms of the page's body send along."""
    body = page[page.index("<main") :]
    return dict(re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)"', body))


async def followed(browser: httpx.AsyncClient, answer: httpx.Response) -> str:
    """The page that a form leads to, in words."""
    assert answer.status_code == 303, text_of(answer.text)
    return text_of(shown(await browser.get(answer.headers["location"])))


async def version_of(api: httpx.AsyncClient, number: int) -> Document:
    return done(await api.get(f"{PAGE}/versions/{number}"))

"""People with passwords, and their browsers."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any

import httpx
import pytest

from modelyard.bootstrap.settings import Settings
from tests.api.access import Guarded, guarded_app
from tests.api.in_process import Contract

PASSWORD = "seven green bicycles"
COOKIE = "modelyard_session"


async def enrolled(guarded: Guarded, name: str = "ana", role: str = "reader", password: str = PASSWORD) -> None:
    await guarded.enrol(name, ("*", role))
    async with guarded.client() as admin:
        answer = await admin.put(f"/accounts/{name}/password", json={"password": password})
        assert answer.status_code == 204, answer.text


async def signed_in(
    browser: httpx.AsyncClient, account: str = "ana", password: str = PASSWORD, **fields: str
) -> httpx.Response:
    return await browser.post("/sign-in", data={"account": account, "password": password, **fields})


def cookie_of(response: httpx.Response, name: str = COOKIE) -> SimpleCookie:
    cookies = SimpleCookie()
    for header in response.headers.get_list("set-cookie"):
        if header.startswith(f"{name}="):
            cookies.load(header)
    return cookies


@asynccontextmanager
async def registry(
    data_dir: Path, contract: Contract, capsys: pytest.CaptureFixture[str], **changed: Any
) -> AsyncIterator[Guarded]:
    settings = Settings(data_dir=data_dir, auth="tokens", **changed)
    async with guarded_app(settings, contract, lambda: capsys.readouterr().out) as started:
        yield started

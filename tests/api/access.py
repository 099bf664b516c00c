"""A registry that asks who calls, and callers of every kind."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx
from starlette.types import ASGIApp

from modelyard.bootstrap.asgi import create_app
from modelyard.bootstrap.settings import Settings
from tests.api.in_process import BASE, ORIGIN, Contract, lifespan_of


@dataclass(frozen=True, slots=True)
class Guarded:
    """The application, its contract, and the token that its first start told."""

    app: ASGIApp
    contract: Contract
    first_token: str

    def client(self, token: str | None = None, **headers: str) -> httpx.AsyncClient:
        """Somebody with this token; the administrator without one."""
        given = {"Authorization": f"Bearer {token or self.first_token}", **headers}
        return self._client(given)

    def stranger(self, **headers: str) -> httpx.AsyncClient:
        """Somebody without a token."""
        return self._client(headers)

    def _client(self, headers: Mapping[str, str]) -> httpx.AsyncClient:
        hooks = {"response": [self.contract.check]}
        transport = httpx.ASGITransport(self.app)
        return httpx.AsyncClient(transport=transport, base_url=ORIGIN + BASE, headers=headers, event_hooks=hooks)

    async def enrol(self, name: str, *roles: tuple[str, str]) -> None:
        """An account with roles, each in the models of a glob."""
        async with self.client() as admin:
            made(await admin.post("/accounts", json={"name": name}))
            for models, role in roles:
                body = {"subject": f"account:{name}", "models": models, "role": role}
                made(await admin.post("/grants", json=body))

    async def token_of(self, name: str, scopes: Sequence[str] = ("admin",), models: Sequence[str] = ("*",)) -> str:
        """A new token of an account."""
        async with self.client() as admin:
            body = {"name": "test", "account": name, "scopes": list(scopes), "models": list(models)}
            return str(made(await admin.post("/tokens", json=body))["token"])


def made(response: httpx.Response) -> dict[str, object]:
    """What was made."""
    assert response.status_code == 201, response.text
    document: dict[str, object] = response.json()
    return document


@asynccontextmanager
async def guarded_app(settings: Settings, contract: Contract, read_output: Callable[[], str]) -> AsyncIterator[Guarded]:
    """Started for the first time: its token is read from where an operator reads it."""
    app = create_app(settings)
    async with lifespan_of(app):
        told = read_output()
        token = next(line.strip() for line in told.splitlines() if line.strip().startswith("mdy_"))
        yield Guarded(app, contract, token)

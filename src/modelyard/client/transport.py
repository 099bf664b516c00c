"""Requests to a registry: connections that are kept, retries that are safe, answers or errors within a time."""

import json
import random
import secrets
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Final, TypeAlias

from modelyard.client.answers import Answer, Document, asked_pause, refusal_of
from modelyard.client.failures import Unreachable
from modelyard.client.server import Server

if TYPE_CHECKING:  # importing it costs more than the whole rest, and help needs none of it
    from urllib3 import BaseHTTPResponse, PoolManager, Timeout

Query: TypeAlias = Mapping[str, str | int | float | bool | None]
Pairs: TypeAlias = Mapping[str, str]
Body: TypeAlias = bytes | IO[bytes] | Iterable[bytes] | None

API: Final = "/api/v1"
BUSY: Final = frozenset({429, 502, 503, 504})
"""Try again later: nothing was done, or what was done is not done twice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long is waited, in seconds: for a connection, for the next bytes, for all tries of a request together."""

    connect_seconds: float = 5.0
    read_seconds: float = 30.0
    deadline_seconds: float = 60.0
    first_pause_seconds: float = 0.1
    longest_pause_seconds: float = 5.0

    def pause_after(self, tries: int) -> float:
        """A random time below a bound that doubles (full jitter), so that many clients do not come back at once."""
        return random.uniform(0, min(self.longest_pause_seconds, self.first_pause_seconds * 2**tries))  # noqa: S311


class Transport:
    """Speaks to one registry. Threads may share it; a forked process needs its own."""

    def __init__(self, server: Server, patience: Patience | None = None) -> None:
        self.server = server
        self.patience = patience or Patience()
        self._kept: PoolManager | None = None

    def get(self, path: str, query: Query | None = None) -> Document:
        """Read a resource below the API's base."""
        return self.request("GET", path, query=query).document()

    def post(self, path: str, body: object, query: Query | None = None) -> Document:
        """Make something, once, however often the network makes us ask."""
        return self.request("POST", path, body=body, query=query).document()

    def items(self, path: str, query: Query | None = None, limit: int | None = None) -> Iterator[Document]:
        """All items of a list, page after page, or the first `limit`."""
        left, cursor = limit, None
        while left is None or left > 0:
            size = 100 if left is None else min(left, 100)
            page = self.get(path, {**(query or {}), "limit": size, "cursor": cursor})
            yield from page["items"]
            cursor = page["next_cursor"]
            left = None if left is None else left - len(page["items"])
            if cursor is None:
                return

    def request(
        self,
        method: str,
        path: str,
        *,
        body: object = None,
        query: Query | None = None,
        headers: Pairs | None = None,
        is_repeatable: bool = True,
    ) -> Answer:
        """Send a request with a small body, as JSON unless it is bytes, and read the whole answer.

        It is sent again where no answer came or the registry was busy, until the deadline. POST carries an idempotency
        key, so that it counts once; what must not be sent twice all the same is not `is_repeatable`.

        Raises:
            RegistryError: the registry refused it.
            Unreachable: no answer came in time.
        """
        content = body if isinstance(body, bytes) else None if body is None else json.dumps(body).encode()
        sent = self._headers({"Idempotency-Key": secrets.token_hex(16)} if method == "POST" else {})
        if body is not None and not isinstance(body, bytes):
            sent["Content-Type"] = "application/json"
        sent |= headers or {}
        url = self.url(path, query)
        return self.until_answered(lambda: self._send_once(method, url, content, sent), is_repeatable=is_repeatable)

    def until_answered(self, send: Callable[[], Answer], *, is_repeatable: bool = True) -> Answer:
        """Call `send` until it gives an answer that is final, waiting in between as the registry or chance says.

        Raises:
            RegistryError: the answer is a refusal.
            Unreachable: no answer came before the deadline.
        """
        from urllib3.exceptions import HTTPError

        begun, tries = time.monotonic(), 0
        while True:
            answer, cause = None, ""
            try:
                answer = send()
            except (HTTPError, OSError) as error:
                cause = cause_of(error)
            if answer is not None and answer.status < 400:
                return answer
            pause = (asked_pause(answer) if answer else 0.0) or self.patience.pause_after(tries)
            is_over = time.monotonic() - begun + pause > self.patience.deadline_seconds
            if answer is not None and (answer.status not in BUSY or is_over or not is_repeatable):
                raise refusal_of(answer)
            if is_over or not is_repeatable:
                raise Unreachable(
                    f"{self.server.url} gave no answer: {cause}",
                    hint="Is it running, and is the address right? MODELYARD_URL or `modelyard login` sets it.",
                )
            time.sleep(pause)
            tries += 1

    @contextmanager
    def stream(
        self,
        method: str,
        path: str,
        *,
        query: Query | None = None,
        headers: Pairs | None = None,
        body: Body = None,
        read_seconds: float | None = None,
    ) -> Iterator["BaseHTTPResponse"]:
        """Send a request once and read the answer piece by piece. `body` is a file, or an iterator of bytes.

        Nothing is retried here: who streams knows what has arrived. Redirects to a store are followed without the
        credentials of the registry. `read_seconds` is how long the answer may take, if not as usual.

        Raises:
            RegistryError: the registry refused it.
        """
        sent = {**self._headers({}), **(headers or {})}
        timeout = self._timeout(read_seconds, has_body=body is not None)
        response = self._begin(method, self.url(path, query), sent, timeout, body)
        try:
            if response.status in {302, 307} and method == "GET":
                place = response.headers["Location"]
                response.drain_conn()
                response.release_conn()
                wanted = {name: value for name, value in sent.items() if name in {"Range", "Accept-Encoding"}}
                response = self._begin(method, place, wanted, timeout)
            if response.status >= 400:
                raise refusal_of(_answer_of(response, response.read(1 << 20)))
            yield response
        finally:
            response.close()
            response.release_conn()

    def url(self, path: str, query: Query | None = None) -> str:
        """The whole address of a path below the API's base; parts of the path are quoted already."""
        from urllib.parse import urlencode

        given = {name: _text(value) for name, value in (query or {}).items() if value is not None}
        return f"{self.server.url}{API}{path}" + (f"?{urlencode(given)}" if given else "")

    def close(self) -> None:
        """Let go of all connections; the next request makes new ones."""
        if self._kept is not None:
            self._kept.clear()

    def _send_once(self, method: str, url: str, content: bytes | None, headers: Pairs) -> Answer:
        response = self._pool().request(method, url, body=content, headers=headers, redirect=False)
        return _answer_of(response, response.data)

    def _headers(self, more: Pairs) -> dict[str, str]:
        server = self.server
        headers = {"Accept": "application/json", "User-Agent": "modelyard", **more}
        if server.token:
            headers["Authorization"] = f"Bearer {server.token}"
        elif server.actor:
            headers["X-Modelyard-Actor"] = server.actor
        return headers

    def _begin(
        self, method: str, url: str, headers: Pairs, timeout: "Timeout", body: Body = None
    ) -> "BaseHTTPResponse":
        return self._pool().request(
            method, url, body=body, headers=headers, timeout=timeout, preload_content=False, redirect=False,
            decode_content=False,
        )  # fmt: skip

    def _timeout(self, read_seconds: float | None, *, has_body: bool) -> "Timeout":
        """A new connection sends its first body under the time limit for connecting, too short for a busy disk."""
        from urllib3 import Timeout

        patience = self.patience
        reading = read_seconds or patience.read_seconds
        return Timeout(connect=patience.read_seconds if has_body else patience.connect_seconds, read=reading)

    def _pool(self) -> "PoolManager":
        if self._kept is None:
            self._kept = _pool_for(self.server, self.patience)
        return self._kept


def _pool_for(server: Server, patience: Patience) -> "PoolManager":
    """Through the proxy that the environment names for this address, if any."""
    from urllib.parse import urlsplit
    from urllib.request import getproxies, proxy_bypass

    from urllib3 import PoolManager, ProxyManager, Timeout

    parts = urlsplit(server.url)
    proxy = getproxies().get(parts.scheme)
    timeout = Timeout(connect=patience.connect_seconds, read=patience.read_seconds)
    if proxy and not proxy_bypass(parts.netloc):
        return ProxyManager(proxy, maxsize=16, retries=False, timeout=timeout, blocksize=1 << 20)
    return PoolManager(maxsize=16, retries=False, timeout=timeout, blocksize=1 << 20)


def _answer_of(response: "BaseHTTPResponse", body: bytes) -> Answer:
    return Answer(
        status=response.status,
        headers={name.lower(): value for name, value in response.headers.items()},
        body=body,
    )


def cause_of(error: BaseException) -> str:
    """What lies under all wrappings, such as `Connection refused`."""
    while (inner := error.__cause__ or error.__context__) is not None:
        error = inner
    return getattr(error, "strerror", None) or str(error) or type(error).__name__


def _text(value: str | float | bool) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)

"""The registry's HTTP API, one thin call after another; nothing here knows more than its documentation says."""

import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias
from urllib.parse import quote

import httpx

from demo.failure import DemoFailed

Document: TypeAlias = dict[str, Any]
Query: TypeAlias = Mapping[str, str | int | bool]


class Refused(DemoFailed):
    """An answer with problem details (RFC 9457)."""

    def __init__(self, request: httpx.Request, problem: Document) -> None:
        super().__init__(f"{request.method} {request.url.path}: {problem['status']} {problem['detail']}")
        self.problem = problem


class Registry:
    """One actor at one registry; the name stands in the history beside each change, or that of the token's account."""

    def __init__(self, url: str, actor: str = "", *, token: str = "") -> None:
        headers = {"Authorization": f"Bearer {token}"} if token else {"X-Modelyard-Actor": actor}
        self._client = httpx.Client(base_url=f"{url}/api/v1", headers=headers, timeout=60, trust_env=False)
        self.requests = 0
        self.waited_seconds = 0.0

    def close(self) -> None:
        """Let go of the connections."""
        self._client.close()

    def send(self, method: str, path: str, **options: Any) -> httpx.Response:  # as httpx takes them
        """Send a request; the answer, whatever it says."""
        begun = time.perf_counter()
        try:
            return self._client.request(method, path, **options)
        finally:
            self.requests += 1
            self.waited_seconds += time.perf_counter() - begun

    def call(self, method: str, path: str, **options: Any) -> httpx.Response:  # as httpx takes them
        """Send a request that has to succeed.

        Raises:
            Refused: It does not; with the problem details.
        """
        answer = self.send(method, path, **options)
        if answer.is_error:
            raise Refused(answer.request, _problem_in(answer))
        return answer

    def read(self, path: str, **query: str | int | bool) -> Document:
        """A resource."""
        found: Document = self.call("GET", path, params=query).json()
        return found

    def read_all(self, path: str, **query: str | int | bool) -> Iterator[Document]:
        """All items of a list, page after page."""
        page = self.read(path, limit=500, **query)
        yield from page["items"]
        while page["next_cursor"]:
            page = self.read(path, limit=500, **query, cursor=page["next_cursor"])
            yield from page["items"]

    def find_model(self, name: str) -> Document | None:
        """A model, or nothing where there is none of this name."""
        answer = self.send("GET", model_path(name))
        if answer.status_code == httpx.codes.NOT_FOUND:
            return None
        if answer.is_error:
            raise Refused(answer.request, _problem_in(answer))
        found: Document = answer.json()
        return found

    def missing(self, digests: Sequence[str]) -> list[str]:
        """Which files the registry does not have yet."""
        missing: list[str] = self.call("POST", "/blobs/missing", json={"digests": digests}).json()["missing"]
        return missing

    def append_metrics(self, model: str, version: int, metrics: Sequence[Document]) -> int:
        """Add measurements to a version; how many of them are new."""
        answer = self.call("POST", f"{version_path(model, version)}/metrics", json={"metrics": metrics})
        appended: int = answer.json()["appended"]
        return appended

    def move(self, model: str, version: int, from_stage: str, to_stage: str, reason: str) -> Document:
        """Change the stage of a version that is expected to be in `from_stage`."""
        change = {"from_stage": from_stage, "to_stage": to_stage, "reason": reason}
        moved: Document = self.call("POST", f"{version_path(model, version)}/transitions", json=change).json()
        return moved

    def point_alias(self, model: str, alias: str, version: int) -> None:
        """Make an alias, or move it."""
        self.call("PUT", f"{model_path(model)}/aliases/{alias}", json={"version": version})


def model_path(name: str) -> str:
    """Where a model is, below the base of the API."""
    return f"/models/{quote(name, safe='')}"


def version_path(model: str, reference: int | str) -> str:
    """Where a version is: by its number, a stage, `latest`, or `@alias`."""
    return f"{model_path(model)}/versions/{reference}"


def _problem_in(answer: httpx.Response) -> Document:
    if answer.headers.get("content-type") == "application/problem+json":
        problem: Document = answer.json()
        return problem
    return {"status": answer.status_code, "detail": answer.text[:200]}

"""Single calls of a JSON API, for what has to be there before a load begins and what is looked at after it."""

import json
from http.client import HTTPConnection
from typing import Any

from benchmarks.http_client import LoadFailed

_PATIENCE_SECONDS = 60


def call(
    port: int, method: str, path: str, document: object = None, *, raw: bytes | None = None
) -> Any:  # noqa: ANN401
    """The answer's document; the request carries one, or raw bytes.

    Raises:
        LoadFailed: The answer is no success.
    """
    body = raw if raw is not None or document is None else json.dumps(document).encode()
    headers = {} if document is None else {"Content-Type": "application/json"}
    client = HTTPConnection("127.0.0.1", port, timeout=_PATIENCE_SECONDS)
    try:
        client.request(method, path, body, headers)
        answer = client.getresponse()
        text = answer.read()
    finally:
        client.close()
    if answer.status >= 300:
        raise LoadFailed(f"{method} {path}: {answer.status} {text[:500].decode(errors='replace')}")
    return json.loads(text) if text else None

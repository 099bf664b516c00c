"""Readers of live events, as a program that follows the registry would be."""

import contextlib
import http.client
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tests.integration.live_server import PATIENCE_SECONDS


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveEvent:
    id: int
    kind: str
    data: dict[str, Any]


class EventReader:
    """One stream."""

    def __init__(self, answer: http.client.HTTPResponse) -> None:
        self._answer = answer

    def next(self) -> LiveEvent | None:
        """The next event; nothing when the stream has ended."""
        fields: dict[str, str] = {}
        while line := self._answer.readline().decode():
            name, _, value = line.rstrip("\n").partition(": ")
            if name:
                fields[name] = value
            elif "data" in fields:
                return LiveEvent(id=int(fields["id"]), kind=fields["event"], data=json.loads(fields["data"]))
        return None

    def read(self, count: int) -> list[LiveEvent]:
        """So many events."""
        events = [self.next() for _ in range(count)]
        assert None not in events, events
        return [event for event in events if event]


@contextlib.contextmanager
def reading(
    port: int, path: str = "/events", last: int | None = None, *, who: Mapping[str, str] | None = None
) -> Iterator[EventReader]:
    """A stream, from the moment on at which its head has come."""
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_SECONDS)
    headers = {"Accept": "text/event-stream", **(who or {})} | ({} if last is None else {"Last-Event-ID": str(last)})
    with contextlib.closing(client):
        client.request("GET", f"/api/v1{path}", headers=headers)
        answer = client.getresponse()
        assert (answer.status, answer.getheader("content-type")) == (200, "text/event-stream; charset=utf-8")
        with contextlib.closing(answer):
            yield EventReader(answer)

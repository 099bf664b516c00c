"""What happened: lists of events, the same as they happen, and who held which stage when."""

import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from modelyard.client.answers import Document
from modelyard.client.failures import Unreachable
from modelyard.client.model_part import ModelPart
from modelyard.client.records import told
from modelyard.client.refusals import DatabaseUnavailable
from modelyard.client.transport import Query, Transport

if TYPE_CHECKING:  # importing it costs more than the whole rest
    from urllib3 import BaseHTTPResponse


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One change: what, who, when, before and after. `model` is the name then, empty where none is concerned."""

    sequence: int
    at: datetime
    actor: str
    action: str
    model: str
    version: int | None
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None
    reason: str
    chain: int
    position: int
    hash: str
    previous_hash: str | None
    document: Document = field(repr=False, compare=False)

    @classmethod
    def of(cls, document: Document) -> "Event":
        """From the API's `EventRead`."""
        return cls(**told(cls, document), document=document)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """When a version got or left a place, through whom and why."""

    at: datetime
    by: str
    reason: str
    sequence: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A version held a stage or an alias (`kind`, `name`); `until` is None while it does."""

    kind: str
    name: str
    version: int
    since: Mark
    until: Mark | None
    document: Document = field(repr=False, compare=False)

    @classmethod
    def of(cls, document: Document) -> "Interval":
        """From the API's `IntervalRead`."""
        marks = {name: Mark(**told(Mark, document[name])) for name in ("since", "until") if document[name]}
        return cls(**told(cls, document) | marks, document=document)


class ModelHistory(ModelPart):
    """The history of a model, under all its names."""

    def events(
        self,
        *,
        version: int | None = None,
        action: str | None = None,
        actor: str | None = None,
        limit: int | None = None,
        follow: bool = False,
        after: int | None = None,
    ) -> Iterator[Event]:
        """What happened to it, the newest first; or with `follow` what happens from now on; see `list_or_follow`."""
        wanted = {"version": version, "action": action, "actor": actor}
        return list_or_follow(self._transport, f"{self._home}/events", wanted, limit, after, follow=follow)

    def timeline(
        self,
        *,
        stage: str | None = None,
        alias: str | None = None,
        version: int | None = None,
        limit: int | None = None,
    ) -> Iterator[Interval]:
        """Which version held which stage and alias from when to when, the newest first; drafts only where asked for."""
        wanted = {"stage": stage, "alias": alias, "version": version}
        return map(Interval.of, self._items("/timeline", wanted, limit))


def list_or_follow(
    transport: Transport, path: str, wanted: Query, limit: int | None, after: int | None, *, follow: bool
) -> Iterator[Event]:
    """Past events, the newest first, all of them or the first `limit`; or with `follow` those that happen, endlessly.

    A stream begins behind the event of the sequence `after`, or now. It misses none and has none twice.

    Raises:
        Unreachable: There was no connection for as long as the transport's patience allows.
    """
    return _stream(transport, path, wanted, after) if follow else map(Event.of, transport.items(path, wanted, limit))


def _stream(transport: Transport, path: str, query: Query, after: int | None) -> Iterator[Event]:
    """A broken connection is made anew, and the stream goes on behind the last event that came."""
    from urllib3.exceptions import HTTPError

    last = after if after is not None else _newest(transport)
    broken_at: float | None = None
    tries = 0
    while True:
        try:
            headers = {"Accept": "text/event-stream", "Last-Event-ID": str(last)}
            with transport.stream("GET", path, query=query, headers=headers) as response:
                broken_at, tries = None, 0
                for document in _documents(response):
                    last = document["sequence"]
                    yield Event.of(document)
        except (HTTPError, OSError, DatabaseUnavailable) as error:
            now = time.monotonic()
            broken_at = broken_at or now
            if now - broken_at > transport.patience.deadline_seconds:
                raise Unreachable(f"{transport.server.url} sends no events: {error}") from error
        time.sleep(transport.patience.pause_after(tries))
        tries += 1


def _newest(transport: Transport) -> int:
    """Where the history is now: a stream that breaks before its first event can then go on without a gap."""
    return next((int(one["sequence"]) for one in transport.items("/events", limit=1)), 0)


def _documents(response: "BaseHTTPResponse") -> Iterator[Document]:
    """The data of each event in a stream; comments and other fields are passed over."""
    rest = b""
    for piece in response.stream(1 << 16):
        *lines, rest = (rest + piece).split(b"\n")
        for line in lines:
            if line.startswith(b"data: "):
                yield json.loads(line[6:])

"""Events as they happen, as `text/event-stream` (HTML Living Standard, section 9.2)."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable

from fastapi import Request
from fastapi.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from modelyard.application.ports.events import EventFilter
from modelyard.application.services.live_events import LiveEvents, Watch
from modelyard.domain.errors import FieldError, InvalidInput
from modelyard.domain.event import Event
from modelyard.presentation.api.events.schemas import EventRead
from modelyard.presentation.exports.formats import ExportFormat
from modelyard.presentation.http import documentation as docs
from modelyard.presentation.http.accept import preferred
from modelyard.presentation.http.forms import MEDIA_TYPES
from modelyard.presentation.http.routing import is_head

MEDIA_TYPE = "text/event-stream"
HEADER = "Last-Event-ID"
PAGES_ONLY = ("sort", "limit", "cursor")

LAST_EVENT_ID = docs.header_parameter(
    HEADER,
    "The sequence of the last event that the caller has; a stream goes on behind it. Without it: from now on.",
    "17",
    pattern="^[0-9]{1,18}$",
)

_HEARTBEAT_SECONDS = 15.0
_OPENING = b"retry: 1000\n\n"
_HEARTBEAT = b": still there\n\n"
_LAST = re.compile(r"[0-9]{1,18}", re.ASCII)


def frame_of(event: Event) -> bytes:
    """An event as watchers get it: its sequence as id, its action as kind, and its JSON on one line."""
    data = EventRead.of(event).model_dump_json()
    return f"id: {event.sequence}\nevent: {event.change.action.value}\ndata: {data}\n\n".encode()


def last_event_id(request: Request) -> int | None:
    """Behind which event the caller wants to go on, if they said so.

    Raises:
        InvalidInput: it is no sequence.
    """
    header = request.headers.get(HEADER)
    if header is None:
        return None
    if not _LAST.fullmatch(header):
        message = "must be the sequence of an event"
        raise InvalidInput(f"{HEADER} {message}", errors=[FieldError(pointer=HEADER, message=message)])
    return int(header)


def wants_stream(request: Request) -> bool:
    """Whether the caller asks for events as they happen.

    Raises:
        InvalidInput: they ask for a page of them too.
    """
    kinds = (MEDIA_TYPES[ExportFormat.JSON], MEDIA_TYPE, *(MEDIA_TYPES[form] for form in ExportFormat))
    if is_head(request) or preferred(request, kinds) != MEDIA_TYPE:
        return False
    for name in PAGES_ONLY:
        if name in request.query_params:
            message = "is for pages; a stream has none"
            raise InvalidInput(f"{name} {message}", errors=[FieldError(pointer=name, message=message)])
    return True


async def event_stream(
    live: LiveEvents, wanted: EventFilter, after: int | None, is_admitted: Callable[[], Awaitable[bool]]
) -> StreamingResponse:
    """An answer that goes on until the caller leaves, falls too far behind, loses a right, or the server ends.

    Raises:
        DatabaseUnavailable: the history cannot be read now.
    """
    return _EventStream(live, await live.watch(wanted), after, is_admitted)


class _EventStream(StreamingResponse):
    def __init__(
        self, live: LiveEvents, watch: Watch, after: int | None, is_admitted: Callable[[], Awaitable[bool]]
    ) -> None:
        # no-transform and X-Accel-Buffering: no proxy shall hold back what is small
        headers = {"Cache-Control": "no-store, no-transform", "X-Accel-Buffering": "no", "Vary": "Accept"}
        super().__init__(_frames(live, watch, after, is_admitted), headers=headers, media_type=MEDIA_TYPE)
        self._live = live
        self._watch = watch

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send until it is over, however that comes."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._live.leave(self._watch)


async def _frames(
    live: LiveEvents, watch: Watch, after: int | None, is_admitted: Callable[[], Awaitable[bool]]
) -> AsyncIterator[bytes]:
    yield _OPENING
    if after is not None:
        async for events in live.past(watch.wanted, beyond=after, until=watch.since):
            yield b"".join(told.rendered for told in events)
    known = max(after or 0, watch.since)
    while (waiting := await watch.next(_HEARTBEAT_SECONDS)) is not None:
        if not await is_admitted():
            return
        frames = [told.rendered for told in waiting if told.event.sequence > known]
        if frames or not waiting:
            yield b"".join(frames) or _HEARTBEAT

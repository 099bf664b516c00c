"""Events as they happen, from servers as they are shipped."""

import asyncio
import re
import shutil
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.integration.event_reader import reading
from tests.integration.live_server import PATIENCE_SECONDS
from tests.integration.server_process import REAL, ServerProcess, running

READERS = 500
REQUEST = b"GET /api/v1/events HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/event-stream%b\r\n\r\n"
PROMPT_SECONDS = 20.0
"""Far less than the time for which running requests are waited for at the end of a server."""


@pytest.fixture
def server(tmp_path: Path, migrated_file: Path) -> Iterator[ServerProcess]:
    folder = tmp_path / "data"
    folder.mkdir()
    shutil.copyfile(migrated_file, folder / "registry.db")
    with running(REAL, folder, MODELYARD_SHUTDOWN_TIMEOUT_SECONDS="120") as process:
        yield process


@pytest.fixture
def api(server: ServerProcess) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"{server.url}/api/v1", trust_env=False, timeout=PATIENCE_SECONDS) as client:
        yield client


def create(api: httpx.Client, *names: str, **fields: Any) -> None:
    for name in names:
        assert api.post("/models", json={"name": name, **fields}).status_code == 201


def test_a_stream_tells_what_happens_from_now_on(server: ServerProcess, api: httpx.Client) -> None:
    create(api, "before")

    with reading(server.port) as stream:
        create(api, "churn")
        event = stream.next()

    assert event
    assert (event.kind, event.data["model"]) == ("model.created", "churn")
    (listed,) = api.get("/events", params={"limit": 1}).json()["items"]
    assert event.data == listed
    assert event.id == listed["sequence"]


def test_who_was_away_gets_what_happened_meanwhile_first(server: ServerProcess, api: httpx.Client) -> None:
    create(api, "one", "two", "three")
    with reading(server.port, last=0) as stream:
        first = stream.next()
    assert first

    with reading(server.port, last=first.id) as stream:
        create(api, "four")
        names = [event.data["model"] for event in stream.read(3)]

    assert names == ["two", "three", "four"]


def test_nothing_is_missed_between_the_past_and_the_present(server: ServerProcess, api: httpx.Client) -> None:
    with reading(server.port, last=0) as present:
        for number in range(120):
            create(api, f"m{number}")
            if number % 10 == 9:
                with reading(server.port, last=0) as stream:
                    assert [event.id for event in stream.read(number + 1)] == list(range(1, number + 2))
        assert [event.id for event in present.read(120)] == list(range(1, 121))


def test_a_stream_is_filtered_as_a_list_is(server: ServerProcess, api: httpx.Client) -> None:
    create(api, "churn", "fraud")
    with (
        reading(server.port, "/models/churn/events") as of_model,
        reading(server.port, "/events?action=model.deleted") as of_action,
        reading(server.port, "/events?model=fraud", last=0) as of_name,
    ):
        api.patch("/models/fraud", json={"description": "cards"})
        api.post("/models/churn/rename", json={"name": "churn2"})
        api.delete("/models/churn2")

        assert [event.kind for event in of_model.read(2)] == ["model.renamed", "model.deleted"]
        assert [event.kind for event in of_action.read(1)] == ["model.deleted"]
        assert [event.kind for event in of_name.read(2)] == ["model.created", "model.updated"]


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/events?sort=sequence", {}, 422),
        ("/events?limit=5", {}, 422),
        ("/events?cursor=abc", {}, 422),
        ("/events", {"Last-Event-ID": "x"}, 422),
        ("/events", {"Last-Event-ID": "-1"}, 422),
        ("/models/none/events", {}, 404),
    ],
)
def test_what_a_stream_cannot_be_asked_is_refused(
    api: httpx.Client, path: str, headers: dict[str, str], status: int
) -> None:
    answer = api.get(path, headers={"Accept": "text/event-stream", **headers})

    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_head_has_no_stream(api: httpx.Client) -> None:
    assert api.head("/events", headers={"Accept": "text/event-stream"}).status_code == 200


def test_streams_end_with_the_server(server: ServerProcess, api: httpx.Client) -> None:
    with reading(server.port) as one, reading(server.port) as two:
        create(api, "churn")
        assert one.next()
        assert two.next()
        began = time.monotonic()
        server.process.send_signal(signal.SIGTERM)

        assert one.next() is None
        assert two.next() is None
        server.process.communicate(timeout=PROMPT_SECONDS)

    assert server.process.returncode == 0
    assert time.monotonic() - began < PROMPT_SECONDS


def test_a_reader_that_does_not_read_slows_nobody_down(server: ServerProcess, api: httpx.Client) -> None:
    request = REQUEST % b"\r\nLast-Event-ID: 0"
    create(api, "churn")
    with socket.create_connection(("127.0.0.1", server.port)) as stuck, reading(server.port, last=0) as stream:
        stuck.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        stuck.sendall(request)
        for number in range(300):
            api.patch("/models/churn", json={"description": str(number) + "x" * 10_000}).raise_for_status()
        events = stream.read(301)
        assert stuck.recv(15) == b"HTTP/1.1 200 OK"

    assert events[-1].data["after"]["description"].startswith("299")


def test_many_readers_hear_the_same(server: ServerProcess, api: httpx.Client) -> None:
    heard = asyncio.run(_heard_by_many(server.port, lambda: create(api, *(f"m{number}" for number in range(20)))))

    assert heard == [list(range(1, 21))] * READERS


async def _heard_by_many(port: int, act: Any) -> list[list[int]]:  # noqa: ANN401 - any call
    lines = [await _open(port) for _ in range(READERS)]
    hearing = asyncio.gather(*(_ids(reader, 20) for reader, _ in lines))
    await asyncio.to_thread(act)
    heard = await asyncio.wait_for(hearing, 60)
    for _, writer in lines:
        writer.close()
        await writer.wait_closed()
    return heard


async def _open(port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(REQUEST % b"")
    await reader.readuntil(b"retry: 1000")
    return reader, writer


async def _ids(reader: asyncio.StreamReader, count: int) -> list[int]:
    ids: list[int] = []
    while len(ids) < count:
        line = await reader.readline()
        assert line, "the stream ended"
        if found := re.fullmatch(rb"id: (\d+)\n", line):
            ids.append(int(found[1]))
    return ids

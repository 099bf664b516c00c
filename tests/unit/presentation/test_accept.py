import pytest
from fastapi import Request

from modelyard.presentation.http.accept import preferred

STREAM, JSON = "text/event-stream", "application/json"


def asking(*accepted: str) -> Request:
    return Request({"type": "http", "headers": [(b"accept", value.encode()) for value in accepted]})


@pytest.mark.parametrize(
    "accepted",
    [
        (STREAM,),
        ("TEXT/Event-Stream",),
        ("text/*",),
        (f"{STREAM}, {JSON};q=0.9",),
        (f"{JSON};q=0", "*/*"),
        (f"{STREAM};charset=utf-8;q=0.2, */*;q=0.1",),
    ],
)
def test_a_stream_is_preferred(accepted: tuple[str, ...]) -> None:
    assert preferred(asking(*accepted), (JSON, STREAM)) == STREAM


@pytest.mark.parametrize(
    "accepted",
    [
        (),
        ("",),
        ("*/*",),
        (JSON,),
        (f"{STREAM}, {JSON}",),
        (f"{STREAM};q=0",),
        (f"{STREAM};q=0.5, */*;q=0.8",),
        ("image/png",),
        (f"{STREAM} {JSON}",),
        (f"{STREAM};q=0.5, application/*",),
    ],
)
def test_json_is_preferred(accepted: tuple[str, ...]) -> None:
    assert preferred(asking(*accepted), (JSON, STREAM)) == JSON


def test_of_many_the_first_of_the_best_is_taken() -> None:
    kinds = (JSON, "text/csv", STREAM)
    assert preferred(asking("text/*"), kinds) == "text/csv"
    assert preferred(asking("text/event-stream;q=0.9, text/csv;q=0.8"), kinds) == STREAM
    assert preferred(asking("image/png, text/html"), kinds) == JSON

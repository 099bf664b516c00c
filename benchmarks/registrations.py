"""How fast versions are registered, durably, and whether each is there afterwards under a number of its own."""

import itertools
import json
from collections.abc import Callable, Iterator, Sequence

from benchmarks import sample
from benchmarks.calls import call
from benchmarks.findings import Finding, Target, at_least, at_most
from benchmarks.http_client import drive_for, encode_request
from benchmarks.load import CONNECTIONS, checked
from benchmarks.plan import Plan
from benchmarks.sample import API, GROWING_MODEL
from benchmarks.series import Series, interleaved
from benchmarks.servers import EMPTY_PATH, FOUND_FIRST_PATH, WITH_EMPTY_ENDPOINT, modelyard

TARGET = at_least(0.2)
VERSIONS = f"{API}/models/{GROWING_MODEL}/versions"


class Registrar:
    """Registers versions of one model over 32 connections, and remembers the numbers that they were given."""

    def __init__(self, port: int, seconds: int, document: Callable[[int], dict[str, object]]) -> None:
        self._port = port
        self._seconds = seconds
        self.numbers: list[int] = []
        self._requests = (
            encode_request("POST", VERSIONS, json.dumps(document(number)).encode()) for number in itertools.count(1)
        )

    @classmethod
    def of_whole_versions(cls, port: int, seconds: int) -> "Registrar":
        """Versions with a file, parameters and a framework."""
        file = sample.store_file(port, b"weights")
        return cls(port, seconds, lambda number: sample.version_document(number, file))

    def measure_rate(self) -> float:
        """Registrations a second.

        Raises:
            LoadFailed: One was not answered with 201.
        """
        exchanges = drive_for(self._seconds, self._port, CONNECTIONS, self._requests, keeps_bodies=True)
        self.numbers += (json.loads(body)["number"] for body in checked(exchanges, 201).bodies)
        return exchanges.rate

    def count_wrong_numbers(self) -> int:
        """Numbers that are missing or surplus, in what was answered and in what the registry lists."""
        count = len(self.numbers)
        return wrong_numbers(self.numbers, count) + wrong_numbers(list(_listed_numbers(self._port)), count)


def measure(plan: Plan) -> Iterator[Finding]:
    """The rate of registrations beside an endpoint that does nothing, both asked by our own client."""
    with modelyard(plan.subfolder("registrations"), WITH_EMPTY_ENDPOINT) as server:
        sample.fill(server.port)
        registrar = Registrar.of_whole_versions(server.port, plan.seconds)
        rates = interleaved(
            "registrations",
            plan.rounds,
            {
                "empty": lambda: empty_rate(server.port, plan.seconds),
                "found first": lambda: empty_rate(server.port, plan.seconds, FOUND_FIRST_PATH),
                "register": registrar.measure_rate,
            },
        )
        wrong = registrar.count_wrong_numbers()
    yield _beside("an empty endpoint", rates["register"], rates["empty"], TARGET)
    yield _beside("an empty endpoint, found first and unchecked", rates["register"], rates["found first"], None)
    yield Finding(
        what=f"wrong numbers among {len(registrar.numbers):,}",
        figure=Series.of(wrong),
        unit="versions",
        target=at_most(0),
    )


def _beside(what: str, registered: Sequence[float], answered: Sequence[float], target: Target | None) -> Finding:
    return Finding(
        what="register a version",
        figure=Series.of(*registered),
        unit="a second",
        beside_what=what,
        beside=Series.of(*answered),
        target=target,
    )


def wrong_numbers(numbers: Sequence[int], count: int) -> int:
    """How many of 1 to `count` are missing, and how many others or repeated ones are there."""
    distinct = set(numbers)
    return len(numbers) - len(distinct) + len(distinct ^ set(range(1, count + 1)))


def empty_rate(port: int, seconds: int, path: str = EMPTY_PATH) -> float:
    """Answers a second of the empty endpoint, through the client that registers too."""
    requests = itertools.repeat(encode_request("GET", path))
    return checked(drive_for(seconds, port, CONNECTIONS, requests), 200).rate


def _listed_numbers(port: int) -> Iterator[int]:
    path = f"{VERSIONS}?limit=500"
    cursor = ""
    while cursor is not None:
        page = call(port, "GET", path + cursor)
        yield from (item["number"] for item in page["items"])
        cursor = page["next_cursor"] and f"&cursor={page['next_cursor']}"

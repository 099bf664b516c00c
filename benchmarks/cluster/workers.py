"""What a second worker brings.

Two workers need two cores for themselves to be twice as fast, and here the load generator, the database and the store
are on the same cores. So two things are told: the rates as they are; and the processor time that one request takes in
all workers. Where that does not grow with a second worker, none waits for the other or does its work again, and on a
machine with a core for each the rate grows as the workers do: at most 1.25 times the time is at least 1.6 times the
rate.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass

from benchmarks import sample
from benchmarks.cluster.parts import shared_parts
from benchmarks.cluster.reads import READS
from benchmarks.findings import Finding, at_most
from benchmarks.load import get_rate
from benchmarks.plan import Plan
from benchmarks.processes import cpu_seconds, family
from benchmarks.series import Series, interleaved
from benchmarks.servers import WITH_EMPTY_ENDPOINT, Server, modelyard

TARGET = at_most(2 / 1.6)
_COUNTS = {"one worker": 1, "two workers": 2}


@dataclass(frozen=True, slots=True)
class Pace:
    """Requests a second, and the processor time of one of them in all processes of the server."""

    rate: float
    microseconds: float


def measure(plan: Plan) -> Iterator[Finding]:
    """The same reads of one worker and of two, on one PostgreSQL and one store."""
    folder = plan.subfolder("cluster-workers")
    with shared_parts(folder / "parts") as variables, ExitStack() as stack:
        servers = {
            name: stack.enter_context(
                modelyard(folder / str(count), WITH_EMPTY_ENDPOINT, {**variables, "MODELYARD_WORKERS": str(count)})
            )
            for name, count in _COUNTS.items()
        }
        sample.fill(servers["one worker"].port)
        for name in ("read by alias", "read by alias, first after a change", "list of a model's versions"):
            paces = interleaved(
                name, plan.rounds, {which: _pace_of(server, READS[name], plan) for which, server in servers.items()}
            )
            yield from _compared(name, paces)


def _pace_of(server: Server, path: str, plan: Plan) -> Callable[[], Pace]:
    def measured() -> Pace:
        before = cpu_seconds(family(server.pid))
        rate = get_rate(server.port, path, plan.seconds)
        spent = cpu_seconds(family(server.pid)) - before
        return Pace(rate, spent / (rate * plan.seconds) * 1e6)

    return measured


def _compared(name: str, paces: dict[str, list[Pace]]) -> Iterator[Finding]:
    two, one = paces["two workers"], paces["one worker"]
    yield Finding(
        what=f"{name}, two workers",
        figure=Series.of(*(pace.rate for pace in two)),
        unit="a second",
        beside_what="one worker",
        beside=Series.of(*(pace.rate for pace in one)),
    )
    yield Finding(
        what=f"{name}, two workers: processor time",
        figure=Series.of(*(pace.microseconds for pace in two)),
        unit="µs",
        beside_what="one worker",
        beside=Series.of(*(pace.microseconds for pace in one)),
        target=TARGET,
    )

"""What the event that each change leaves adds to a change."""

from collections.abc import Iterator

from benchmarks import sample
from benchmarks.findings import Finding, at_most
from benchmarks.plan import Plan
from benchmarks.registrations import Registrar
from benchmarks.series import Series, interleaved
from benchmarks.servers import modelyard

TARGET = at_most(1.2)
WITHOUT_EVENTS = ("-m", "benchmarks.without_events", "serve")


def measure(plan: Plan) -> Iterator[Finding]:
    """Registrations over HTTP, with a file, parameters and a framework, beside a server that leaves no events."""
    folder = plan.subfolder("events")
    with modelyard(folder / "with") as kept, modelyard(folder / "without", WITHOUT_EVENTS) as forgotten:
        registrars = {}
        for name, server in (("with", kept), ("without", forgotten)):
            sample.fill(server.port)
            registrars[name] = Registrar.of_whole_versions(server.port, plan.seconds)
        rates = interleaved("events", plan.rounds, {name: each.measure_rate for name, each in registrars.items()})
    yield Finding(
        what="registering a version, which leaves an event",
        figure=Series.of(*(1e6 / rate for rate in rates["with"])),
        unit="µs",
        beside_what="leaving none",
        beside=Series.of(*(1e6 / rate for rate in rates["without"])),
        target=TARGET,
    )

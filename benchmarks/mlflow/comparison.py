"""Reads, registrations and idle memory of both."""

import itertools
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from functools import partial

from benchmarks import sample
from benchmarks.findings import Finding, Target, at_least, at_most
from benchmarks.http_client import drive_for, encode_request
from benchmarks.load import CONNECTIONS, checked
from benchmarks.mlflow import server as rival
from benchmarks.mlflow.environment import MLFLOW, mlflow_environment
from benchmarks.plan import Plan
from benchmarks.processes import MIB, family, proportional_bytes, settle
from benchmarks.registrations import Registrar
from benchmarks.series import Series, interleaved
from benchmarks.servers import modelyard
from benchmarks.startup import idle_bytes

DEFAULT, UVLOOP = f"{MLFLOW}, as it comes", f"{MLFLOW} with uvloop"
READS = {DEFAULT: at_least(25), UVLOOP: at_least(10)}
REGISTRATIONS = {DEFAULT: at_least(20), UVLOOP: None}
MEMORY = at_most(0.12)
_OURS = "Modelyard"
_WHOLE = "register a version with a file, params and framework"
_LONGER = 3
"""How many times as long as elsewhere a measurement lasts: MLflow answers few requests, unevenly."""

Measure = Callable[[], float]


def measure_speed(plan: Plan) -> Iterator[Finding]:
    """The three servers side by side; those that are not asked are idle."""
    folder = plan.subfolder("speed")
    environment = mlflow_environment()
    seconds = _LONGER * plan.seconds
    with ExitStack() as stack:
        ours = stack.enter_context(modelyard(folder / "modelyard"))
        rivals = {
            name: stack.enter_context(rival.mlflow(environment, folder / name.replace(" ", "-"), has_uvloop=has_uvloop))
            for name, has_uvloop in ((DEFAULT, False), (UVLOOP, True))
        }
        sample.fill(ours.port)
        writes: dict[str, Measure] = {
            _OURS: Registrar(ours.port, seconds, sample.pointing_document).measure_rate,
            _WHOLE: Registrar.of_whole_versions(ours.port, seconds).measure_rate,
        }
        for name, other in rivals.items():
            rival.fill(other.port)
            settle(other.pid)
            writes[name] = partial(_register_rate, other.port, seconds)
        yield from _compared({_OURS: "register a version", _WHOLE: _WHOLE}, plan, writes, REGISTRATIONS)
        for what, path in sample.READS.items():
            reads: dict[str, Measure] = {_OURS: partial(_read_rate, ours.port, path, seconds)}
            for name, other in rivals.items():
                reads[name] = partial(_read_rate, other.port, rival.READS[what], seconds)
            yield from _compared({_OURS: what}, plan, reads, READS)


def measure_memory(plan: Plan) -> Iterator[Finding]:
    """The memory of all processes of each, some seconds after the start."""
    folder = plan.subfolder("memory")
    with rival.mlflow(mlflow_environment(), folder / "mlflow", has_uvloop=False) as other:
        settle(other.pid)
        theirs = proportional_bytes(family(other.pid))
    yield Finding(
        what="idle memory",
        figure=Series.of(idle_bytes(folder / "modelyard") / MIB),
        unit="MiB",
        beside_what=DEFAULT,
        beside=Series.of(theirs / MIB),
        target=MEMORY,
    )


def _compared(
    ours: dict[str, str], plan: Plan, measures: dict[str, Measure], targets: Mapping[str, Target | None]
) -> Iterator[Finding]:
    """Each of ours (its measure, and what it is called) beside each of the others; a target binds the first of ours."""
    rates = interleaved(ours[_OURS], plan.rounds, measures)
    for measure, what in ours.items():
        for name, target in targets.items():
            yield Finding(
                what=what,
                figure=Series.of(*rates[measure]),
                unit="a second",
                beside_what=name,
                beside=Series.of(*rates[name]),
                target=target if measure == _OURS else None,
            )


def _read_rate(port: int, path: str, seconds: int) -> float:
    # Not wrk, which leaves when the time is over: what it does not wait for would slow down whoever is measured next.
    requests = itertools.repeat(encode_request("GET", path))
    return checked(drive_for(seconds, port, CONNECTIONS, requests), 200).rate


def _register_rate(port: int, seconds: int) -> float:
    return checked(drive_for(seconds, port, CONNECTIONS, rival.registrations()), 200).rate

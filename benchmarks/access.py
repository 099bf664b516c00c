"""What it costs to ask who calls and whether they may: reads with a token, beside a server that asks nobody."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from benchmarks import callgrind, sample
from benchmarks.calls import call
from benchmarks.findings import Finding, at_least, at_most
from benchmarks.load import get_rate
from benchmarks.plan import Plan
from benchmarks.reads import READS
from benchmarks.series import Series, announce, interleaved
from benchmarks.servers import WITH_EMPTY_ENDPOINT, modelyard

_MOST_ADDED = 0.15
"""Of the time of a read, that is."""


@dataclass(frozen=True, slots=True)
class _Side:
    """A registry with something in it, and how its server is started."""

    name: str
    folder: Path
    variables: Mapping[str, str]


def measure(plan: Plan) -> Iterator[Finding]:
    """Reading a version, by a service that may read some of the models: rates over 32 connections, and instructions."""
    folder = plan.subfolder("access")
    open_side = _Side("asking nobody", folder / "open", {})
    guarded = _Side("with a token", folder / "guarded", {"MODELYARD_AUTH": "tokens"})
    _fill(open_side.folder)
    headers = {"Authorization": f"Bearer {_fill(guarded.folder)}"}
    yield from _rates(plan, guarded, open_side, headers)
    yield from _instructions(guarded, open_side, headers)


def _rates(plan: Plan, guarded: _Side, open_side: _Side, headers: Mapping[str, str]) -> Iterator[Finding]:
    """A second each, and often: what a busy machine does in one of them, it need not do in the next."""
    with ExitStack() as stack:
        ports = {
            side.name: stack.enter_context(modelyard(side.folder, WITH_EMPTY_ENDPOINT, side.variables)).port
            for side in (open_side, guarded)
        }
        rates = interleaved(
            "access",
            plan.rounds * plan.seconds,
            {
                f"{name}, {which}": partial(get_rate, port, path, 1, headers)
                for name, path in READS.items()
                for which, port in ports.items()
            },
        )
    for name in READS:
        yield Finding(
            what=f"{name}, {guarded.name}",
            figure=Series.of(*rates[f"{name}, {guarded.name}"]),
            unit="a second",
            beside_what=open_side.name,
            beside=Series.of(*rates[f"{name}, {open_side.name}"]),
            target=at_least(1 / (1 + _MOST_ADDED)),
        )


def _instructions(guarded: _Side, open_side: _Side, headers: Mapping[str, str]) -> Iterator[Finding]:
    """What no other work on the machine changes."""
    if not callgrind.is_installed():
        announce("access: Callgrind is not installed, so no instructions are counted")
        return
    counts: dict[str, dict[str, float]] = {}
    for side in (open_side, guarded):
        announce(f"access: counting instructions, {side.name}")
        with callgrind.counted(side.folder, side.variables) as server:
            counts[side.name] = {name: server.instructions(path, headers) for name, path in READS.items()}
    for name in READS:
        yield Finding(
            what=f"{name}, {guarded.name}: instructions",
            figure=Series.of(counts[guarded.name][name]),
            unit="instructions",
            beside_what=open_side.name,
            beside=Series.of(counts[open_side.name][name]),
            target=at_most(1 + _MOST_ADDED),
        )


def _fill(folder: Path) -> str:
    """A registry with something in it, and the token of a service that may read some of that."""
    with modelyard(folder) as server:
        sample.fill(server.port)
        for name, kind in (("admin", "person"), ("serving", "service")):
            call(server.port, "POST", f"{sample.API}/accounts", {"name": name, "kind": kind})
        for subject, models, role in (
            ("account:admin", "*", "admin"),
            ("account:serving", f"{sample.MODEL[:2]}*", "reader"),
            ("account:serving", f"{sample.GROWING_MODEL}.*", "contributor"),
        ):
            call(server.port, "POST", f"{sample.API}/grants", {"subject": subject, "models": models, "role": role})
        wanted = {"name": "serving", "account": "serving", "scopes": ["read"], "models": ["*"]}
        return str(call(server.port, "POST", f"{sample.API}/tokens", wanted)["token"])

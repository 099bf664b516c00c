"""What it costs to ask who calls and whether they may: reads with a token, beside a server that asks nobody."""

from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from benchmarks import sample
from benchmarks.calls import call
from benchmarks.findings import Finding, at_least
from benchmarks.load import get_rate
from benchmarks.plan import Plan
from benchmarks.reads import READS
from benchmarks.series import Series, interleaved
from benchmarks.servers import WITH_EMPTY_ENDPOINT, modelyard

_OPEN = ", asking nobody"
_GUARDED = ", with a token"
_MOST_ADDED = 0.15
"""Of the time of a read, that is."""

_TARGET = at_least(1 / (1 + _MOST_ADDED))


def measure(plan: Plan) -> Iterator[Finding]:
    """Rates of reading a version over 32 connections, by a service that may read some of the models."""
    folder = plan.subfolder("access")
    (folder / "open").mkdir()
    (folder / "guarded").mkdir()
    token = _fill(folder / "guarded")
    _fill(folder / "open")
    with ExitStack() as stack:
        open_server = stack.enter_context(modelyard(folder / "open", WITH_EMPTY_ENDPOINT))
        guarded = stack.enter_context(modelyard(folder / "guarded", WITH_EMPTY_ENDPOINT, {"MODELYARD_AUTH": "tokens"}))
        headers = {"Authorization": f"Bearer {token}"}
        rates = interleaved(
            "access",
            plan.rounds,
            {
                f"{name}{what}": partial(get_rate, port, path, plan.seconds, headers)
                for name, path in READS.items()
                for what, port in ((_OPEN, open_server.port), (_GUARDED, guarded.port))
            },
        )
    for name in READS:
        yield Finding(
            what=name + _GUARDED,
            figure=Series.of(*rates[name + _GUARDED]),
            unit="a second",
            beside_what=_OPEN.removeprefix(", "),
            beside=Series.of(*rates[name + _OPEN]),
            target=_TARGET,
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

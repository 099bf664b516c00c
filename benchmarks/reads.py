"""How fast serving programs find their version: one worker, beside an endpoint that does nothing."""

import itertools
from collections.abc import Iterator
from functools import partial

from benchmarks import sample
from benchmarks.findings import Finding, at_least
from benchmarks.load import get_rate
from benchmarks.plan import Plan
from benchmarks.series import Series, interleaved
from benchmarks.servers import ANEW, EMPTY_PATH, FOUND_FIRST_PATH, WITH_EMPTY_ENDPOINT, modelyard

_EMPTY = "an empty endpoint"
_FOUND_FIRST = "an empty endpoint, found first and unchecked"
TARGETS = {_EMPTY: at_least(0.4), _FOUND_FIRST: None}
READS = {**sample.READS, **{f"{name}, first after a change": ANEW + path for name, path in sample.READS.items()}}
"""Most reads find the registry as the read before did, and are answered from memory; the others are measured too."""


def measure(plan: Plan) -> Iterator[Finding]:
    """Rates of reading a version by stage and by alias over 32 connections, in a registry that does not change."""
    with modelyard(plan.subfolder("reads"), WITH_EMPTY_ENDPOINT) as server:
        sample.fill(server.port)
        paths = {_EMPTY: EMPTY_PATH, _FOUND_FIRST: FOUND_FIRST_PATH, **READS}
        rates = interleaved(
            "reads",
            plan.rounds,
            {name: partial(get_rate, server.port, path, plan.seconds) for name, path in paths.items()},
        )
    for name, (beside_what, target) in itertools.product(READS, TARGETS.items()):
        yield Finding(
            what=name,
            figure=Series.of(*rates[name]),
            unit="a second",
            beside_what=beside_what,
            beside=Series.of(*rates[beside_what]),
            target=target,
        )

"""What gates cost a promotion."""

import itertools
import json
from collections.abc import Iterator, Sequence

from benchmarks.calls import call
from benchmarks.findings import Finding, at_most
from benchmarks.http_client import drive_for, encode_request
from benchmarks.load import CONNECTIONS, checked
from benchmarks.plan import Plan
from benchmarks.sample import API
from benchmarks.series import Series, interleaved
from benchmarks.servers import modelyard

MODELS = 600
"""Enough that nobody moves a version whose last move is not answered yet."""

TARGET = at_most(3)
GATES = (
    "metric.auc@holdout >= 0.9",
    "metric.f1@holdout >= 0.85",
    "metric.auc@holdout >= production.metric.auc@holdout - 0.005",
    'metric.auc@holdout/"age<30" >= 0.8',
    'card != ""',
    "tag.team:risk and not tag.legacy:*",
    "param.max_depth * 2 <= 32",
    'framework in ("scikit-learn", "xgboost")',
    "meta.training.rows > 500 or approvals >= 1",
    "files.count < 100 and size < 1000000000",
)


def measure(plan: Plan) -> Iterator[Finding]:
    """Promotions a second of models whose policy has ten gates, all passing, beside models without a policy."""
    with modelyard(plan.subfolder("promotions")) as server:
        movers = {name: _Mover(server.port, plan.seconds, name) for name in ("gated", "free")}
        gates = [{"name": f"gate {number}", "expression": text} for number, text in enumerate(GATES, 1)]
        policy = {"gates": {"staging": gates, "draft": gates}}
        call(server.port, "PUT", f"{API}/policies/gated*", policy)
        rates = interleaved("promotions", plan.rounds, {name: mover.measure_rate for name, mover in movers.items()})
    yield Finding(
        what="a promotion with ten gates",
        figure=Series.of(*(1e6 / rate for rate in rates["gated"])),
        unit="µs",
        beside_what="one without",
        beside=Series.of(*(1e6 / rate for rate in rates["free"])),
        target=TARGET,
    )


class _Mover:
    """Moves the first version of each of its models to staging, then each to draft, and so on."""

    def __init__(self, port: int, seconds: int, prefix: str) -> None:
        self._port = port
        self._seconds = seconds
        models = [f"{API}/models/{prefix}{number}" for number in range(MODELS)]
        for model in models:
            _register(port, model)
        self._requests = (
            encode_request("POST", f"{model}/versions/1/transitions", json.dumps({"to_stage": stage}).encode())
            for stage in itertools.cycle(("staging", "draft"))
            for model in models
        )

    def measure_rate(self) -> float:
        """Moves a second.

        Raises:
            LoadFailed: One was not answered with 201.
        """
        return checked(drive_for(self._seconds, self._port, CONNECTIONS, self._requests), 201).rate


def _register(port: int, model: str) -> None:
    """Two versions: one to move, and one in production to be compared with."""
    for number in (1, 2):
        call(port, "POST", f"{model}/versions?create_model=true", _document())
        call(port, "POST", f"{model}/versions/{number}/metrics", {"metrics": _metrics(number)})
    for stage in ("staging", "production"):
        call(port, "POST", f"{model}/versions/2/transitions", {"to_stage": stage})


def _document() -> dict[str, object]:
    return {
        "tags": {"team": "risk"},
        "params": {"max_depth": 8},
        "metadata": {"training": {"rows": 569}},
        "framework": {"name": "scikit-learn", "version": "1.9.1"},
        "card": "# A model\n\nTrained every night.",
    }


def _metrics(number: int) -> Sequence[dict[str, object]]:
    slices = [("auc", ""), ("f1", ""), ("auc", "age<30")]
    return [{"name": name, "value": 0.95 - number / 1000, "dataset": "holdout", "slice": part} for name, part in slices]

"""What reads cost on PostgreSQL and S3, beside SQLite and a folder; one worker each."""

from collections.abc import Iterator
from functools import partial

from benchmarks import sample
from benchmarks.cluster.parts import shared_parts
from benchmarks.findings import Finding, at_least
from benchmarks.load import get_rate
from benchmarks.plan import Plan
from benchmarks.series import Series, interleaved
from benchmarks.servers import ANEW, WITH_EMPTY_ENDPOINT, modelyard

TARGET = at_least(0.5)
_VERSIONS = f"{sample.API}/models/{sample.MODEL}/versions"
READS = {
    **sample.READS,
    "read by alias, first after a change": f"{ANEW}{_VERSIONS}/@{sample.ALIAS}",
    "list of a model's versions": _VERSIONS,
    "download of a small file": f"{_VERSIONS}/{sample.STAGE}/files/model.joblib",
}
_LOCAL = "the same on SQLite and a folder"


def measure(plan: Plan) -> Iterator[Finding]:
    """Rates over 32 connections. Database and store run on the same cores, and take their share of them."""
    folder = plan.subfolder("cluster-reads")
    with (
        shared_parts(folder / "parts") as variables,
        modelyard(folder / "local", WITH_EMPTY_ENDPOINT) as local,
        modelyard(folder / "shared", WITH_EMPTY_ENDPOINT, variables) as shared,
    ):
        for server in (local, shared):
            sample.fill(server.port)
        for name, path in READS.items():
            servers = {"PostgreSQL and S3": shared, "SQLite and a folder": local}
            rates = interleaved(
                name,
                plan.rounds,
                {where: partial(get_rate, server.port, path, plan.seconds) for where, server in servers.items()},
            )
            ours, theirs = (Series.of(*rates[where]) for where in servers)
            yield Finding(
                what=f"{name}, on PostgreSQL and S3",
                figure=ours,
                unit="a second",
                beside_what=_LOCAL,
                beside=theirs,
                target=TARGET,
            )

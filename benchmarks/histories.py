"""How long it takes to prove a long history."""

import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

from sqlalchemy import create_engine, insert

from benchmarks.findings import Finding, at_most
from benchmarks.plan import Plan
from benchmarks.processes import MIB
from benchmarks.series import Series, announce
from modelyard.domain.digest import Digest
from modelyard.domain.event import Action, Change, link_of
from modelyard.domain.json_value import JsonObject
from modelyard.infrastructure.database import migrate
from modelyard.infrastructure.database.moments import to_ms
from modelyard.infrastructure.database.tables import events

TARGET = at_most(30)
_EVENTS_PER_MIB = 1_000_000 / 1024
"""A million events with the file size of a whole run; less with a quick one."""
_BATCH = 10_000
_BEGUN = datetime(2026, 1, 1, tzinfo=UTC)


def measure(plan: Plan) -> Iterator[Finding]:
    """`modelyard verify --events` on one chain of a million events, as a process from its start to its end."""
    count = int(plan.file_bytes / MIB * _EVENTS_PER_MIB)
    folder = plan.subfolder("histories")
    announce(f"histories: writing {count:,} events")
    _write(folder, count)
    seconds = [_verify(folder, count) for _ in range(plan.rounds)]
    yield Finding(what=f"proving a chain of {count:,} events", figure=Series.of(*seconds), unit="s", target=TARGET)


def _write(folder: Path, count: int) -> None:
    url = f"sqlite:///{folder / 'registry.db'}"
    migrate.upgrade(url)
    engine = create_engine(url)
    rows = _rows(count)
    with engine.begin() as connection:
        while batch := list(islice(rows, _BATCH)):
            connection.execute(insert(events), batch)
    engine.dispose()


def _rows(count: int) -> Iterator[dict[str, object]]:
    previous: Digest | None = None
    for position in range(1, count + 1):
        change = _change(position)
        link = link_of(change, position, previous)
        digest = link.hash()
        yield {
            "chain": 1,
            "position": position,
            "at_ms": to_ms(change.at),
            "actor": link.actor,
            "action": link.action,
            "model_id": 1,
            "model": link.model,
            "version": link.version,
            "before": link.before,
            "after": link.after,
            "reason": "",
            "previous_hash": previous,
            "hash": digest,
        }
        previous = digest


def _change(position: int) -> Change:
    """A model whose metrics are recorded every second."""
    after: JsonObject = {"count": 2, "names": ["auc@holdout", "f1@holdout"], "digest": f"sha256:{position:064x}"}
    return Change(
        at=_BEGUN + timedelta(seconds=position),
        actor="training",
        action=Action.METRICS_APPENDED,
        model_id=1,
        model="churn",
        version=position % 1000 + 1,
        after=after,
    )


def _verify(folder: Path, count: int) -> float:
    command = (str(Path(sys.executable).with_name("modelyard")), "verify", "--events", "--data-dir", str(folder))
    begun = time.perf_counter()
    ended = subprocess.run(command, check=True, capture_output=True, text=True)
    if f"{count} events: nothing is wrong" not in ended.stdout:
        raise RuntimeError(f"the proof says: {ended.stdout}")
    return time.perf_counter() - begun

"""`make bench-search`: measures searches among a million versions, on SQLite and on PostgreSQL."""

import sys

from benchmarks.command_line import run
from benchmarks.search.measuring import measure_postgresql, measure_sqlite

BENCHMARKS = {"sqlite": measure_sqlite, "postgresql": measure_postgresql}

if __name__ == "__main__":
    sys.exit(run(__doc__ or "", BENCHMARKS))

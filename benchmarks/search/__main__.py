"""`make bench-search`: measures searches among a million versions, on SQLite, on PostgreSQL, and beside MLflow."""

import sys

from benchmarks.command_line import run
from benchmarks.search import beside_mlflow
from benchmarks.search.measuring import measure_postgresql, measure_sqlite

BENCHMARKS = {"sqlite": measure_sqlite, "postgresql": measure_postgresql, "mlflow": beside_mlflow.measure}

if __name__ == "__main__":
    sys.exit(run(__doc__ or "", BENCHMARKS))

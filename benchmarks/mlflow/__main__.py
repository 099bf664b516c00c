"""`make bench-mlflow`: measures the registry beside MLflow's server."""

import sys

from benchmarks.command_line import run
from benchmarks.mlflow.comparison import measure_memory, measure_speed

BENCHMARKS = {"speed": measure_speed, "memory": measure_memory}

if __name__ == "__main__":
    sys.exit(run(__doc__ or "", BENCHMARKS))

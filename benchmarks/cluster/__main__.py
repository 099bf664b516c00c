"""`make bench-cluster`: measures the registry on PostgreSQL and S3, beside SQLite and a folder."""

import sys

from benchmarks.cluster import memory, reads, workers
from benchmarks.command_line import run

BENCHMARKS = {"reads": reads.measure, "workers": workers.measure, "memory": memory.measure}

if __name__ == "__main__":
    sys.exit(run(__doc__ or "", BENCHMARKS))

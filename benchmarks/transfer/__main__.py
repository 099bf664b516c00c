"""`make bench-client`: measures the Python client beside curl and beside requests for single files."""

import sys

from benchmarks.command_line import run
from benchmarks.transfer import large, many

BENCHMARKS = {"many": many.measure, "large": large.measure}

if __name__ == "__main__":
    sys.exit(run(__doc__ or "", BENCHMARKS))

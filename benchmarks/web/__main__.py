"""`make bench-web`: measures web pages of a large registry, at the server and in a browser."""

import sys

from benchmarks.command_line import run
from benchmarks.web.measuring import measure

if __name__ == "__main__":
    sys.exit(run(__doc__ or "", {"web": measure}))

"""`make bench`: measures the registry beside an empty endpoint, cp, openssl, nginx and a bare import."""

import sys

from benchmarks import (
    access,
    appending,
    command_line_start,
    downloads,
    events,
    histories,
    promotions,
    reads,
    registrations,
    startup,
    uploads,
)
from benchmarks.command_line import run

BENCHMARKS = {
    "reads": reads.measure,
    "access": access.measure,
    "registrations": registrations.measure,
    "events": events.measure,
    "promotions": promotions.measure,
    "histories": histories.measure,
    "appending": appending.measure,
    "uploads": uploads.measure,
    "downloads": downloads.measure,
    "startup": startup.measure,
    "command_line_start": command_line_start.measure,
}

if __name__ == "__main__":
    sys.exit(run(__doc__ or "", BENCHMARKS))

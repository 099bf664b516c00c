"""How soon the command line and the client are there, beside a Python that does nothing."""

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.findings import Finding, at_most
from benchmarks.plan import Plan
from benchmarks.series import Series, interleaved

HELP = at_most(8)
IMPORT = at_most(10)

_NOTHING, _HELP, _IMPORT, _SUBCOMMAND = "python -c pass", "modelyard --help", "import modelyard", "modelyard ls --help"
_TIMES = 9


def measure(plan: Plan) -> Iterator[Finding]:
    """Seconds of a process, from its start to its end."""
    python, program = sys.executable, str(Path(sys.executable).with_name("modelyard"))
    commands = {
        _NOTHING: (python, "-c", "pass"),
        _HELP: (program, "--help"),
        _IMPORT: (python, "-c", "import modelyard"),
        _SUBCOMMAND: (program, "ls", "--help"),
    }
    activities = {what: lambda command=command: _seconds(command) for what, command in commands.items()}
    times = interleaved("command line start", plan.rounds, activities)
    for what, target in ((_HELP, HELP), (_IMPORT, IMPORT), (_SUBCOMMAND, None)):
        yield Finding(
            what=what,
            figure=Series.of(*times[what]),
            unit="s",
            beside_what=_NOTHING,
            beside=Series.of(*times[_NOTHING]),
            target=target,
        )


def _seconds(command: tuple[str, ...]) -> float:
    """The shortest of some runs, which others on the machine have disturbed least."""
    return min(_once(command) for _ in range(_TIMES))


def _once(command: tuple[str, ...]) -> float:
    began = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began

"""How soon the command line and the client are there, beside a Python that does nothing."""

import resource
import subprocess
import sys
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
    """Seconds of the processor that a process takes, from its start to its end."""
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
            what=f"{what}: processor time",
            figure=Series.of(*(seconds * 1000 for seconds in times[what])),
            unit="ms",
            beside_what=_NOTHING,
            beside=Series.of(*(seconds * 1000 for seconds in times[_NOTHING])),
            target=target,
        )


def _seconds(command: tuple[str, ...]) -> float:
    """The shortest of some runs, which others on the machine have disturbed least."""
    return min(_once(command) for _ in range(_TIMES))


def _once(command: tuple[str, ...]) -> float:
    """Time of the processor: starting is computing alone, and the clock would count those who share the machine."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

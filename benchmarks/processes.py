"""What processes cost, as the kernel counts it, and how they are started and ended. Linux only."""

import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from benchmarks.series import announce

MIB = 2**20
_TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")
_PATIENCE_SECONDS = 30
_RESET_PEAK = "5"  # proc_pid_clear_refs(5)
_FORGIVEN = (FileNotFoundError, ProcessLookupError)  # it ended while it was looked at


def family(pid: int) -> list[int]:
    """A process and all its descendants, the eldest first."""
    members = [pid]
    for member in members:  # grows meanwhile
        with suppress(*_FORGIVEN):
            for thread in Path(f"/proc/{member}/task").iterdir():
                members += map(int, (thread / "children").read_text(encoding="ascii").split())
    return members


def proportional_bytes(pids: Sequence[int]) -> int:
    """The memory of processes in sum; what several share counts once (PSS)."""
    return sum(_field_bytes(pid, "smaps_rollup", "Pss:") for pid in pids)


def resident_bytes(pid: int) -> int:
    """The memory of one process now (RSS)."""
    return _field_bytes(pid, "status", "VmRSS:")


def peak_bytes(pid: int) -> int:
    """The largest RSS of a process since it began or `reset_peak` was called; no peak between two looks is missed."""
    return _field_bytes(pid, "status", "VmHWM:")


def reset_peak(pid: int) -> None:
    """Let the peak begin anew at the present RSS."""
    Path(f"/proc/{pid}/clear_refs").write_text(_RESET_PEAK, encoding="ascii")


def cpu_seconds(pids: Sequence[int]) -> float:
    """User and system time of processes so far, in steps of 10 ms."""
    ticks = 0
    for pid in pids:
        with suppress(*_FORGIVEN):
            # The second field may hold spaces, but ends with the last parenthesis.
            fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
    return ticks / _TICKS_A_SECOND


def settle(pid: int, *, share: float = 0.05) -> None:
    """Wait until a process and its descendants use less than a share of one core for two seconds.

    Raises:
        TimeoutError: They do not in 60 seconds.
    """
    announce("waiting until the server is idle")
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        before = cpu_seconds(family(pid))
        time.sleep(2)
        if cpu_seconds(family(pid)) - before < 2 * share:
            return
    raise TimeoutError(f"process {pid} does not become idle")


def begin(
    command: Sequence[str], folder: Path, variables: Mapping[str, str], *, has_announcement: bool = False
) -> subprocess.Popen[bytes]:
    """Start a program in a folder, as the leader of a group of its own; what it says goes to a file `log` there.

    With an announcement, stdout is a pipe instead, for a program that says little there: one that logs each request
    would fill the pipe and stand still.

    Variables of Modelyard's and Python's that happen to be set do not reach it.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("MODELYARD_", "PYTHON"))}
    with (folder / "log").open("ab") as log:
        return subprocess.Popen(
            command,
            cwd=folder,
            env={**kept, **variables},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if has_announcement else log,
            stderr=log,
            start_new_session=True,
        )


def end(process: subprocess.Popen[bytes]) -> None:
    """Ask a process that `begin` started to end; kill it after 30 seconds, and what it leaves behind at once."""
    process.terminate()
    try:
        process.wait(_PATIENCE_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    if process.stdout is not None:
        process.stdout.close()


def _field_bytes(pid: int, file: str, field: str) -> int:
    with suppress(*_FORGIVEN):
        for line in Path(f"/proc/{pid}/{file}").read_text(encoding="ascii").splitlines():
            if line.startswith(field):
                return int(line.split()[1]) * 1024
    return 0

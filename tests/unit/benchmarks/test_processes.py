import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from benchmarks import processes


def begun(folder: Path, program: str, **variables: str) -> subprocess.Popen[bytes]:
    return processes.begin((sys.executable, "-c", program), folder, variables)


def is_alive(pid: int) -> bool:
    """Neither gone nor waiting for its parent to notice."""
    try:
        return " Z " not in Path(f"/proc/{pid}/stat").read_text(encoding="ascii")
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_a_program_that_says_much_is_not_held_up_by_that(tmp_path: Path) -> None:
    process = begun(tmp_path, "print('x' * 1_000_000)")
    try:
        assert process.wait(20) == 0
    finally:
        processes.end(process)
    assert (tmp_path / "log").stat().st_size == 1_000_001


def test_settings_of_the_caller_do_not_reach_a_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MODELYARD_PORT", "1")
    monkeypatch.setenv("PYTHONPATH", "/elsewhere")
    names = "('MODELYARD_PORT', 'PYTHONPATH', 'GIVEN')"
    process = begun(tmp_path, f"import os; print([os.environ.get(name) for name in {names}])", GIVEN="1")
    process.wait(20)
    processes.end(process)
    assert (tmp_path / "log").read_text(encoding="utf-8") == "[None, None, '1']\n"


def test_what_a_program_leaves_behind_is_ended_with_it(tmp_path: Path) -> None:
    program = "import subprocess, time; subprocess.Popen(['sleep', '60']); print('up', flush=True); time.sleep(60)"
    process = processes.begin((sys.executable, "-c", program), tmp_path, {}, has_announcement=True)
    assert process.stdout is not None
    assert process.stdout.readline() == b"up\n"
    parent, child = processes.family(process.pid)
    assert parent == process.pid
    assert processes.proportional_bytes([parent, child]) > processes.proportional_bytes([child]) > 0
    processes.end(process)
    assert process.returncode is not None
    deadline = time.monotonic() + 20
    while is_alive(child) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not is_alive(child)


def test_a_process_is_measured_while_it_lives_and_counts_nothing_afterwards() -> None:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    assert processes.cpu_seconds([process.pid]) == processes.proportional_bytes([process.pid]) == 0
    assert processes.cpu_seconds([os.getpid()]) > 0
    assert 0 < processes.resident_bytes(os.getpid()) <= processes.peak_bytes(os.getpid())

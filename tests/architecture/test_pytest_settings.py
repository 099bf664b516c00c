from pathlib import Path

import pytest

from tests.architecture.project import PYPROJECT, run, tool, write_tree

LOOPBACK = """
import asyncio


def hang_up(reader, writer):
    writer.close()


async def test_tcp():
    async with await asyncio.start_server(hang_up, "127.0.0.1", 0) as server:
        reader, writer = await asyncio.open_connection("localhost", server.sockets[0].getsockname()[1])
        assert await reader.read() == b""
        writer.close()


async def test_unix(tmp_path):
    async with await asyncio.start_unix_server(hang_up, tmp_path / "socket"):
        reader, writer = await asyncio.open_unix_connection(tmp_path / "socket")
        assert await reader.read() == b""
        writer.close()
"""


def run_pytest(folder: Path, source: str) -> tuple[int, str]:
    """Runs one file of tests under the project's settings."""
    write_tree(folder, {"test_sample.py": source})
    command = ("-m", "pytest", "-c", PYPROJECT, "--rootdir", folder, "-p", "no:cacheprovider", "test_sample.py")
    outcome = run(tool("python"), *command, cwd=folder)
    return outcome.returncode, outcome.stdout


def test_sockets_on_this_machine_are_open_to_tests(tmp_path: Path) -> None:
    status, output = run_pytest(tmp_path, LOOPBACK)
    assert status == 0, output


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        pytest.param(
            'import socket\ndef test_it():\n    socket.create_connection(("192.0.2.1", 80), timeout=1)\n',
            'with host "192.0.2.1"',
            id="far socket",
        ),
        pytest.param('import warnings\ndef test_it():\n    warnings.warn("old")\n', "UserWarning: old", id="warning"),
        pytest.param(
            "import pytest\n@pytest.mark.stray\ndef test_it():\n    pass\n", "'stray' not found", id="unknown marker"
        ),
        pytest.param(
            "import pytest\n@pytest.mark.xfail\ndef test_it():\n    pass\n",
            "XPASS(strict)",
            id="expected failure that passes",
        ),
    ],
)
def test_the_run_fails_for(tmp_path: Path, source: str, reason: str) -> None:
    status, output = run_pytest(tmp_path, source)
    assert status != 0
    assert reason in output


def test_a_skip_shows_its_reason(tmp_path: Path) -> None:
    status, output = run_pytest(tmp_path, 'import pytest\n@pytest.mark.skip("no disk")\ndef test_it():\n    pass\n')
    assert status == 0
    assert "no disk" in output

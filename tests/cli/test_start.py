"""What the start of the command line and of the client costs: modules, not seconds, which benchmarks measure."""

import subprocess
import sys
from pathlib import Path

import pytest

LARGE = {
    "dotenv",
    "httpx",
    "pydantic",
    "rich",
    "typer",
    "urllib3",
    "yaml",
    "asyncio",
    "inspect",
    "platformdirs",
    "json",
}


def modules_after(code: str, folder: Path) -> set[str]:
    run = f"import sys\n{code}\nprint(*{{name.partition('.')[0] for name in sys.modules}})"
    ended = subprocess.run((sys.executable, "-c", run), cwd=folder, check=True, capture_output=True, text=True)
    return set(ended.stdout.splitlines()[-1].split())


@pytest.mark.parametrize(
    "code",
    [
        "import modelyard",
        "sys.argv = ['modelyard', '--help']\nimport modelyard.__main__\nmodelyard.__main__.main()",
        "sys.argv = ['modelyard']\nimport modelyard.__main__\nmodelyard.__main__.main()",
    ],
)
def test_the_start_imports_nothing_large(tmp_path: Path, code: str) -> None:
    assert modules_after(code, tmp_path) & LARGE == set()


def test_help_of_a_command_imports_neither_http_nor_tables(tmp_path: Path) -> None:
    ask = "try: build_commands()(['ls', '--help'])\nexcept SystemExit: pass"
    code = f"from modelyard.__main__ import build_commands\n{ask}"
    assert modules_after(code, tmp_path) & {"httpx", "pydantic", "rich", "urllib3", "yaml", "sqlalchemy"} == set()

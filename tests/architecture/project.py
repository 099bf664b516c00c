"""The project under test, seen from outside: where it is, and how its tools are run on samples."""

import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).parents[2]
PYPROJECT = ROOT / "pyproject.toml"


def run(*command: str | Path, cwd: Path, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Runs a program to its end; its answer carries both outputs in `stdout`."""
    return subprocess.run(
        command, cwd=cwd, env=env, check=False, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )


def tool(name: str) -> Path:
    """A program of the environment that runs the tests."""
    return Path(sys.executable).parent / name


def write_tree(folder: Path, files: Mapping[str, str]) -> None:
    """Writes files given by relative path and content."""
    for path, content in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(content, encoding="utf-8")


def settings_of(name: str) -> str:
    """The text of a tool's tables in pyproject.toml."""
    tables = re.split(r"(?m)^(?=\[)", PYPROJECT.read_text(encoding="utf-8"))
    return "".join(table for table in tables if re.match(rf"\[+tool\.{name}[.\]]", table))

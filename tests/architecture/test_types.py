from pathlib import Path

import pytest

from tests.architecture.project import PYPROJECT, run, tool, write_tree


def mypy(folder: Path, source: str) -> tuple[int, str]:
    write_tree(folder, {"sample.py": source})
    command = ("--cache-dir", folder / "cache", "--config-file", PYPROJECT, "sample.py")
    outcome = run(tool("mypy"), *command, cwd=folder)
    return outcome.returncode, outcome.stdout


def test_typed_code_passes(tmp_path: Path) -> None:
    status, output = mypy(tmp_path, "def double(number: int) -> int:\n    return 2 * number\n")
    assert status == 0, output


@pytest.mark.parametrize(
    ("rule", "source"),
    [
        pytest.param("no-untyped-def", "def double(number):\n    return 2 * number\n", id="untyped function"),
        pytest.param("type-arg", "def first(items: list) -> None:\n    del items\n", id="bare generic"),
        pytest.param("ignore-without-code", 'x: int = "a"  # type: ignore\n', id="blanket ignore"),
    ],
)
def test_mypy_is_strict_about(tmp_path: Path, rule: str, source: str) -> None:
    status, output = mypy(tmp_path, source)
    assert status == 1
    assert f"[{rule}]" in output

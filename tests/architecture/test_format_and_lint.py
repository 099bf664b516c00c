from pathlib import Path

import pytest

from tests.architecture.project import PYPROJECT, run, tool, write_tree

CLEAN = '"""A sample."""\n\n\ndef double(number: int) -> int:\n    """Twice the number."""\n    return 2 * number\n'


def black(folder: Path) -> tuple[int, str]:
    outcome = run(tool("black"), "--check", "--config", PYPROJECT, ".", cwd=folder)
    return outcome.returncode, outcome.stdout


def ruff(folder: Path) -> tuple[int, str]:
    command = ("check", "--no-cache", "--output-format=concise", "--config", PYPROJECT, ".")
    outcome = run(tool("ruff"), *command, cwd=folder)
    return outcome.returncode, outcome.stdout


def test_clean_code_passes_black_and_ruff(tmp_path: Path) -> None:
    write_tree(tmp_path, {"src/modelyard/sample.py": CLEAN})
    assert black(tmp_path)[0] == 0
    assert ruff(tmp_path)[0] == 0


def test_black_refuses_other_formatting(tmp_path: Path) -> None:
    write_tree(tmp_path, {"sample.py": "x = { 'a':1 }\n"})
    status, output = black(tmp_path)
    assert status == 1
    assert "would reformat" in output


def test_a_line_has_120_characters_at_most(tmp_path: Path) -> None:
    write_tree(tmp_path, {"tests/test_fits.py": f'x = "{"a" * 114}"\n'})
    assert black(tmp_path)[0] == 0
    assert ruff(tmp_path)[0] == 0
    write_tree(tmp_path, {"tests/test_too_long.py": f'x = "{"a" * 115}"\n'})
    assert "test_too_long.py:1:121: E501" in ruff(tmp_path)[1]


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        ("D103", "def quiet() -> None:\n    pass\n"),
        ("D101", "class Quiet:\n    pass\n"),
        ("D102", 'class Sample:\n    """A sample."""\n\n    def quiet(self) -> None:\n        pass\n'),
        ("T201", 'print("hello")\n'),
        ("ERA001", "# total = count * price\n"),
        ("S101", "assert __name__\n"),
        ("ANN401", 'from typing import Any\n\n\ndef f(x: Any) -> None:\n    """Takes anything."""\n    del x\n'),
        ("TID252", "from . import sample\n"),
        ("BLE001", "try:\n    x = 1\nexcept Exception:\n    x = 2\n"),
        ("F401", "import json\n"),
    ],
)
def test_ruff_refuses_in_the_product(tmp_path: Path, rule: str, code: str) -> None:
    write_tree(tmp_path, {"src/modelyard/sample.py": f'"""A sample."""\n\n{code}'})
    status, output = ruff(tmp_path)
    assert status == 1
    assert f" {rule} " in output


def test_ruff_refuses_a_module_without_a_docstring_in_the_product(tmp_path: Path) -> None:
    write_tree(tmp_path, {"src/modelyard/sample.py": "x = 1\n"})
    assert " D100 " in ruff(tmp_path)[1]


def test_tests_need_no_docstrings_and_may_assert(tmp_path: Path) -> None:
    write_tree(tmp_path, {"tests/test_sample.py": "def test_it_works() -> None:\n    assert 1 + 1 == 2\n"})
    assert ruff(tmp_path)[0] == 0


def test_programs_of_the_project_may_print(tmp_path: Path) -> None:
    write_tree(tmp_path, {f"{folder}/sample.py": '"""A sample."""\n\nprint("hello")\n' for folder in ("tools", "demo")})
    assert ruff(tmp_path)[0] == 0

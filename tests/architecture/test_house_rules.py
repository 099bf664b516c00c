from pathlib import Path

import pytest

from tests.architecture.project import ROOT, run, tool, write_tree


def check(folder: Path, *paths: str) -> tuple[int, list[str]]:
    """Exit status and output lines of the check."""
    outcome = run(tool("python"), ROOT / "tools/check_house.py", *paths, cwd=folder)
    return outcome.returncode, outcome.stdout.splitlines()


def function(lines: int, docstring: str = "") -> str:
    statements = ["def f() -> None:", *docstring.splitlines()]
    return "\n".join([*statements, *["    pass"] * (lines - 1)]) + "\n"


def class_(lines: int) -> str:
    return "class C:\n" + "    x = 1\n" * (lines - 1)


LONG_DOCSTRING = '    """Does it.\n\n    Slowly.\n    """'
NESTED = "def outer() -> None:\n    def inner() -> None:\n" + "        pass\n" * 28


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("x = 1\n" * 299, id="file of 299 lines"),
        pytest.param(class_(199), id="class of 199 lines"),
        pytest.param(function(29), id="function of 29 lines"),
        pytest.param(function(29, LONG_DOCSTRING), id="function of 29 lines beside its docstring"),
        pytest.param("@a\n@b\n" + function(29), id="function of 29 lines beside its decorators"),
        pytest.param('text = "# ----"\n# a - b -- c\n', id="dashes that are no banner"),
    ],
)
def test_what_keeps_to_the_limits_passes(tmp_path: Path, source: str) -> None:
    write_tree(tmp_path, {"src/sample.py": source})
    assert check(tmp_path, "src") == (0, [])


@pytest.mark.parametrize(
    ("source", "message"),
    [
        pytest.param("x = 1\n" * 300, "1: file: 300 lines (limit 299)", id="file"),
        pytest.param(class_(200), "1: C: 200 lines (limit 199)", id="class"),
        pytest.param(function(30), "1: f: 30 lines (limit 29)", id="function"),
        pytest.param(function(30, LONG_DOCSTRING), "1: f: 30 lines (limit 29)", id="function with a docstring"),
        pytest.param("\n@a\n" + function(30), "3: f: 30 lines (limit 29)", id="decorated function"),
        pytest.param("async " + function(30), "1: f: 30 lines (limit 29)", id="async function"),
        pytest.param(NESTED, "1: outer: 30 lines (limit 29)", id="function with another inside"),
        pytest.param("x = 1\n# ---- part two\n", "2: comment: a banner; split the file instead", id="dashes"),
        pytest.param("# ==========\n", "1: comment: a banner; split the file instead", id="equals signs"),
        pytest.param("####\n", "1: comment: a banner; split the file instead", id="hashes"),
    ],
)
def test_what_breaks_a_rule_is_named_with_its_line(tmp_path: Path, source: str, message: str) -> None:
    write_tree(tmp_path, {"src/sample.py": source})
    assert check(tmp_path, "src") == (1, [f"src/sample.py:{message}"])


@pytest.mark.parametrize("path", ["src/utils.py", "src/common/names.py", "src/store_impl.py", "src/blob_manager.py"])
def test_a_vague_name_is_refused(tmp_path: Path, path: str) -> None:
    write_tree(tmp_path, {path: "x = 1\n"})
    status, output = check(tmp_path, "src")
    assert status == 1
    assert len(output) == 1
    assert "a vague name" in output[0]


def test_files_can_be_named_one_by_one(tmp_path: Path) -> None:
    write_tree(tmp_path, {"long.py": function(30), "short.py": function(2)})
    assert check(tmp_path, "short.py") == (0, [])
    assert check(tmp_path, "short.py", "long.py") == (1, ["long.py:1: f: 30 lines (limit 29)"])


def test_the_help_names_every_limit(tmp_path: Path) -> None:
    status, output = check(tmp_path, "--help")
    text = " ".join(" ".join(output).split())
    assert status == 0
    assert "A file has at most 299 lines, a class 199, a function 29" in text

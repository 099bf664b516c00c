import re
import subprocess
import tomllib
from pathlib import Path

from tests.architecture.project import ROOT, run, settings_of, tool, write_tree

PROJECT = """
[project]
name = "sample"
version = "1"
dependencies = ["rfc8785", "uvloop"{more}]

[dependency-groups]
dev = ["pytest"]
"""


def deptry(folder: Path, imports: str, more: str = "") -> tuple[int, str]:
    """Runs deptry with the project's settings on a project that declares rfc8785, uvloop and what `more` adds."""
    write_tree(
        folder, {"pyproject.toml": PROJECT.format(more=more) + settings_of("deptry"), "src/sample.py": f"{imports}\n"}
    )
    outcome = run(tool("deptry"), "--no-ansi", "src", cwd=folder)
    return outcome.returncode, outcome.stdout


def test_dependencies_that_match_the_imports_pass(tmp_path: Path) -> None:
    status, output = deptry(tmp_path, "import json\nimport rfc8785")
    assert status == 0, output


def test_an_unused_dependency_is_found(tmp_path: Path) -> None:
    status, output = deptry(tmp_path, "import rfc8785", more=', "lark"')
    assert status == 1
    assert "DEP002 'lark'" in output


def test_an_undeclared_import_is_found(tmp_path: Path) -> None:
    status, output = deptry(tmp_path, "import rfc8785, no_such_package")
    assert status == 1
    assert "DEP001 'no_such_package'" in output


def test_an_import_that_only_another_dependency_brings_is_found(tmp_path: Path) -> None:
    status, output = deptry(tmp_path, "import rfc8785, markupsafe")
    assert status == 1
    assert "DEP003 'markupsafe'" in output


def test_the_product_may_not_import_a_development_dependency(tmp_path: Path) -> None:
    status, output = deptry(tmp_path, "import rfc8785, pytest")
    assert status == 1
    assert "DEP004 'pytest'" in output


def test_the_lock_file_names_no_package_registry() -> None:
    text = (ROOT / "poetry.lock").read_text(encoding="utf-8")
    without_their_authors_words = re.sub(r'(?m)^description = ".*"$', "", text)
    assert "://" not in without_their_authors_words
    assert [package["name"] for package in tomllib.loads(text)["package"] if "source" in package] == []


def test_no_file_names_the_host_of_a_package_registry() -> None:
    ask = "from pip._internal.models.index import PyPI; print(PyPI.netloc)"
    host = subprocess.run([tool("python"), "-c", ask], check=True, text=True, capture_output=True).stdout.strip()
    assert "." in host
    listed = run(
        "git", "grep", "--untracked", "--ignore-case", "--files-with-matches", "--fixed-strings", host, cwd=ROOT
    )
    assert listed.stdout == ""

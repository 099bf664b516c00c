import os
import shutil
from pathlib import Path

import pytest

from tests.architecture.project import ROOT, run, write_tree

# Stands in for the Python in .poetry/: Poetry is there, and pip knows the index in $CONFIGURED or none.
PYTHON = """#!/bin/sh
case "$*" in
"-m pip config get "*) [ -n "$CONFIGURED" ] && echo "$CONFIGURED" ;;
*simple_url*) echo the-default-index ;;
esac
"""

# Stands in for Poetry: it installs through the index in $REACHABLE only, and tells where it was sent.
POETRY = """#!/bin/sh
echo "${POETRY_PYPI_MIRROR_URL:-direct}" >>calls
[ "${POETRY_PYPI_MIRROR_URL:-direct}" = "$REACHABLE" ]
"""


def set_up(folder: Path, **environment: str) -> tuple[int, str, list[str]]:
    """Exit status, output, and the indexes that Poetry was sent to, in order."""
    write_tree(folder, {".poetry/bin/python": PYTHON, ".poetry/bin/poetry": POETRY, "calls": ""})
    for program in (folder / ".poetry/bin").iterdir():
        program.chmod(0o755)
    (folder / "tools").mkdir()
    shutil.copy(ROOT / "tools/setup.sh", folder / "tools")
    env = {"PATH": os.environ["PATH"], "CONFIGURED": "", "REACHABLE": "direct", **environment}
    outcome = run("sh", "tools/setup.sh", cwd=folder, env=env)
    return outcome.returncode, outcome.stdout, (folder / "calls").read_text(encoding="utf-8").split()


def test_poetry_installs_directly_where_it_can(tmp_path: Path) -> None:
    status, _, calls = set_up(tmp_path)
    assert (status, calls) == (0, ["direct"])


def test_the_default_index_of_pip_is_asked_where_poetry_fails_directly(tmp_path: Path) -> None:
    status, _, calls = set_up(tmp_path, REACHABLE="the-default-index")
    assert (status, calls) == (0, ["direct", "the-default-index"])


@pytest.mark.parametrize("name", ["CONFIGURED", "PIP_INDEX_URL"])
def test_an_index_configured_for_pip_is_the_only_one_asked(tmp_path: Path, name: str) -> None:
    status, _, calls = set_up(tmp_path, REACHABLE="own-index", **{name: "own-index"})
    assert (status, calls) == (0, ["own-index"])


def test_a_failed_installation_is_an_error_that_says_where_to_look(tmp_path: Path) -> None:
    status, output, calls = set_up(tmp_path, REACHABLE="nowhere")
    assert (status, calls) == (1, ["direct", "the-default-index"])
    assert "setup: Poetry could not install the locked dependencies; see its message above" in output
    assert ".poetry/install.log" in output


def test_a_machine_without_a_new_python_is_told_so(tmp_path: Path) -> None:
    programs = tmp_path / "programs"
    write_tree(programs, {"python3": "#!/bin/sh\nexit 1\n"})
    (programs / "python3").chmod(0o755)
    for name in ("sh", "dirname"):
        (programs / name).symlink_to(shutil.which(name) or name)
    write_tree(tmp_path, {"tools/setup.sh": (ROOT / "tools/setup.sh").read_text(encoding="utf-8")})
    outcome = run("sh", "tools/setup.sh", cwd=tmp_path, env={"PATH": str(programs)})
    assert outcome.returncode == 1
    assert outcome.stdout == "setup: Python 3.11 or newer is needed, as python3.11, python3 or python on the PATH\n"

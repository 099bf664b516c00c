import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.deploy.files import DEPLOY, PROJECT, ROOT, instructions, is_sent, stage

HADOLINT = Path(sys.executable).with_name("hadolint")


def sources() -> list[str]:
    """What the build takes from the checkout."""
    copies = [rest for word, rest in instructions() if word == "COPY" and "--from" not in rest]
    return [source for copy in copies for source in copy.split()[:-1]]


def build_argument(name: str) -> str:
    (value,) = [rest for word, rest in instructions() if word == "ARG" and rest.startswith(f"{name}=")]
    return value.partition("=")[2]


def test_hadolint_has_nothing_to_say() -> None:
    outcome = subprocess.run((HADOLINT, DEPLOY / "Dockerfile"), capture_output=True, text=True, check=False)
    assert (outcome.returncode, outcome.stdout + outcome.stderr) == (0, "")


def test_hadolint_would_speak(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM python\nRUN sudo true\n", encoding="utf-8")
    assert subprocess.run((HADOLINT, tmp_path / "Dockerfile"), capture_output=True, check=False).returncode == 1


def test_the_build_takes_what_is_there_and_is_sent() -> None:
    assert "src/" in sources()
    assert [source for source in sources() if not (ROOT / source).exists() or not is_sent(source)] == []


@pytest.mark.parametrize(
    "path",
    [
        *(".env", ".git/config", ".venv/bin/python", ".data/registry.db", "tests/conftest.py"),
        *("deploy/compose/.env", "deploy/compose/tls/server.key", "src/modelyard/__pycache__/x.pyc"),
    ],
)
def test_nothing_else_is_sent(path: str) -> None:
    assert not is_sent(path)


def test_the_python_of_the_image_is_one_that_the_project_takes() -> None:
    major, minor = map(int, build_argument("PYTHON_IMAGE").removeprefix("python:").removesuffix("-slim").split("."))
    bounds = re.fullmatch(r">=3\.(\d+),<3\.(\d+)", PROJECT["requires-python"])
    assert bounds is not None
    assert major == 3
    assert int(bounds[1]) <= minor < int(bounds[2])


@pytest.mark.parametrize("name", ["POETRY_VERSION", "MIRROR_PLUGIN_VERSION"])
def test_the_build_installs_by_the_same_programs_as_a_checkout(name: str) -> None:
    assert f"\n{name}={build_argument(name)}\n" in (ROOT / "tools" / "setup.sh").read_text(encoding="utf-8")


FOR_CLIENTS = {"sklearn", "torch"}


def test_each_extra_of_the_server_is_installed_and_none_of_the_client() -> None:
    [found] = [
        match for _, rest in stage("builder") if (match := re.search(r'install --only main --extras "([^"]*)"', rest))
    ]
    assert set(found[1].split()) == set(PROJECT["optional-dependencies"]) - FOR_CLIENTS


def test_what_is_shipped_runs_as_a_user_with_a_number() -> None:
    users = [rest for word, rest in stage("runtime") if word == "USER"]
    assert users == ["10001:10001"]


def test_what_is_shipped_keeps_no_tool_of_the_build_and_no_address_of_a_mirror() -> None:
    shipped = "\n".join(f"{word} {rest}" for word, rest in stage("runtime"))
    assert "pip uninstall --yes setuptools wheel pip" in shipped
    assert "INDEX" not in shipped
    assert "poetry" not in shipped.lower()


def test_programs_are_started_without_a_shell_so_that_signals_reach_them() -> None:
    starts = [rest for word, rest in stage("runtime") if word in {"ENTRYPOINT", "CMD"}]
    assert starts == ['["modelyard"]', '["serve"]']


def test_the_label_names_the_version() -> None:
    labels = [rest for word, rest in stage("runtime") if word == "LABEL"]
    assert re.findall(r'version="([^"]+)"', labels[0]) == [PROJECT["version"]]

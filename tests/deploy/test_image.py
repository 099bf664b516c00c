"""The build steps of the image, run in a folder that stands for `/`.

`make test` builds the wheel and installs it as the image does, into an environment that sees the dependencies of this
checkout. `make test-image` runs every step, which takes the dependencies from the package registry.
"""

import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.deploy.files import PROJECT, ROOT, stage

IN_FULL = "IMAGE_IN_FULL"
_IGNORED = shutil.ignore_patterns("__pycache__")


def run(*command: str | Path, folder: Path, env: Mapping[str, str] | None = None) -> str:
    outcome = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr
    return outcome.stdout


def outside() -> dict[str, str]:
    """Without the environment that the tests run in, which Poetry would fill."""
    return {name: value for name, value in os.environ.items() if name not in {"VIRTUAL_ENV", "PYTHONPATH"}}


def source_in(folder: Path) -> Path:
    """What the build copies."""
    source = folder / "source"
    source.mkdir()
    for word, rest in stage("builder"):
        for name in rest.split()[:-1] if word == "COPY" else ():
            if (ROOT / name).is_dir():
                shutil.copytree(ROOT / name, source / name, ignore=_IGNORED)
            else:
                shutil.copy(ROOT / name, source)
    return source


def steps() -> list[str]:
    return [rest for word, rest in stage("builder") if word == "RUN"]


def check(environment: Path, folder: Path) -> None:
    """The program that is shipped is the one in the environment, and has its migrations and grammar along."""
    program = environment / "bin" / "modelyard"
    assert run(program, "--version", folder=folder, env=outside()) == f"modelyard {PROJECT['version']}\n"
    python = environment / "bin" / "python"
    place = run(python, "-c", "import modelyard.bootstrap.asgi as a; print(a.__file__)", folder=folder, env=outside())
    assert Path(place).is_relative_to(environment)
    assert run(program, "db", "upgrade", "--data-dir", folder / "data", folder=folder, env=outside())
    assert list(environment.glob("lib/*/site-packages/modelyard/__pycache__/*.pyc"))


def test_the_wheel_that_the_image_installs_is_whole(tmp_path: Path) -> None:
    environment = tmp_path / "opt" / "modelyard"
    run(sys.executable, "-m", "venv", "--without-pip", environment, folder=tmp_path)
    (packages,) = environment.glob("lib/*/site-packages")
    (packages / "of_this_checkout.pth").write_text(sysconfig.get_path("purelib"), encoding="utf-8")
    last = steps()[-1].replace("/opt/poetry", str(ROOT / ".poetry")).replace("/opt", str(tmp_path / "opt"))
    run("sh", "-ec", last, folder=source_in(tmp_path), env=outside())
    check(environment, tmp_path)


@pytest.mark.skipif(IN_FULL not in os.environ, reason="make test-image runs it: it takes packages from their registry")
def test_every_step_of_the_build_works(tmp_path: Path) -> None:
    variables = outside()
    for word, rest in stage("builder"):
        if word == "ENV" or (word == "ARG" and "=" in rest):
            variables |= dict(pair.split("=", 1) for pair in rest.split())
    ask = "from pip._internal.models.index import PyPI; print(PyPI.simple_url)"
    default = run(ROOT / ".poetry" / "bin" / "python", "-c", ask, folder=tmp_path).strip()
    variables.setdefault("PIP_INDEX_URL", default)
    source = source_in(tmp_path)
    for step in steps():
        run("sh", "-ec", step.replace("/opt", str(tmp_path / "opt")), folder=source, env=variables)
    environment = tmp_path / "opt" / "modelyard"
    check(environment, tmp_path)
    installed = {path.name.partition("-")[0] for path in environment.glob("lib/*/site-packages/*.dist-info")}
    assert {"psycopg", "obstore", "uvicorn"} <= installed
    assert not installed & {"pip", "setuptools", "pytest", "mypy", "poetry"}

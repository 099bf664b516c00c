"""The build steps of the image, run in a folder that stands for `/`.

`make test` builds the wheel and installs it as the image does, into an environment that sees the dependencies of this
checkout. `make test-image` runs every step, which takes the dependencies from the package registry.
"""

import os
import shutil
import signal
import subprocess
import sys
import sysconfig
from collections.abc import Mapping
from pathlib import Path

import httpx
import pytest

from tests.deploy import jail
from tests.deploy.files import PROJECT, ROOT, stage
from tests.deploy.jail import jailed
from tests.servers.seaweedfs import free_ports

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


def wheel_in(tmp_path: Path) -> Path:
    """The environment that the last step of the build makes."""
    environment = tmp_path / "opt" / "modelyard"
    run(sys.executable, "-m", "venv", "--without-pip", environment, folder=tmp_path)
    (packages,) = environment.glob("lib/*/site-packages")
    (packages / "of_this_checkout.pth").write_text(sysconfig.get_path("purelib"), encoding="utf-8")
    last = steps()[-1].replace("/opt/poetry", str(ROOT / ".poetry")).replace("/opt", str(tmp_path / "opt"))
    run("sh", "-ec", last, folder=source_in(tmp_path), env=outside())
    return environment


def test_the_wheel_that_the_image_installs_is_whole(tmp_path: Path) -> None:
    check(wheel_in(tmp_path), tmp_path)


def test_it_serves_as_a_plain_user_on_a_read_only_file_system_and_ends_when_told_to(tmp_path: Path) -> None:
    (port,) = free_ports(1)
    command = jailed(tmp_path, wheel_in(tmp_path), ("modelyard", "serve", "--port", str(port)))
    with jail.running(command) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith(f"Modelyard listens on http://0.0.0.0:{port} ")
        who = {"Authorization": f"Bearer {next(line.strip() for line in process.stdout if 'mdy_' in line)}"}
        server = jail.first_process_of(process)
        assert (jail.status_of(server, "NSpid").split()[-1], jail.status_of(server, "CapBnd")) == ("1", "0" * 16)
        assert jail.status_of(server, "Uid").split() == ["10001"] * 4
        form = {"file": ("model.bin", b"w" * 3 * 1024**2)}
        address = f"http://127.0.0.1:{port}/api/v1/models/churn/versions?create_model=true"
        assert httpx.post(address, files=form, trust_env=False, timeout=60).status_code == 401
        assert httpx.post(address, files=form, headers=who, trust_env=False, timeout=60).status_code == 201
        plot = address.replace("versions?create_model=true", "versions/1/metrics/auc/history?format=png")
        assert httpx.get(plot, headers=who, trust_env=False, timeout=60).content.startswith(b"\x89PNG")
        os.kill(server, signal.SIGTERM)
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    assert '"ERROR"' not in errors


def test_the_file_system_of_that_test_is_read_only(tmp_path: Path) -> None:
    places = " ".join(("/usr/x", "/etc/x", "/x", "/data/x", "/tmp/x"))  # noqa: S108  # in the jail
    tried = f"for place in {places}; do touch $place 2>/dev/null && echo $place; done; true"
    command = jailed(tmp_path, tmp_path / "nothing", ("sh", "-c", tried))
    assert run(*command, folder=tmp_path).split() == ["/data/x", "/tmp/x"]  # noqa: S108


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
    assert {"psycopg", "obstore", "pyarrow", "uvicorn", "vl_convert_python"} <= installed
    assert not installed & {"pip", "setuptools", "pytest", "mypy", "poetry"}

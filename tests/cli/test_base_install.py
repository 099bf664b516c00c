"""What `pip install modelyard` brings, without any extra: the client and the command line."""

import re
import subprocess
import sys
import venv
import zipfile
from collections.abc import Iterator
from importlib.metadata import Distribution, distribution
from pathlib import Path

import pytest

from tests.architecture.project import ROOT
from tests.cli.program import PATIENCE_SECONDS

DIRECT = {"platformdirs", "python-dotenv", "pyyaml", "rich", "typer", "urllib3"}


def needed_by(found: Distribution) -> Iterator[str]:
    """What a distribution needs without extras, on this system."""
    for line in found.requires or ():
        need, _, condition = line.partition(";")
        if "extra" not in condition and "Windows" not in condition:
            name = re.split(r"[\s<>=!~\[(]", need.strip(), maxsplit=1)[0]
            yield re.sub(r"[-_.]+", "-", name).lower()


def closure(names: set[str]) -> set[str]:
    """All that these need, with themselves."""
    found: set[str] = set()
    while names - found:
        name = min(names - found)
        found.add(name)
        names = names | set(needed_by(distribution(name)))
    return found


@pytest.fixture(scope="session")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of an environment that has the wheel, and what it needs without extras; nothing is downloaded."""
    folder = tmp_path_factory.mktemp("base")
    build = (str(ROOT / ".poetry/bin/poetry"), "build", "--quiet", "--format", "wheel", "--output", str(folder))
    subprocess.run(build, cwd=ROOT, check=True, timeout=PATIENCE_SECONDS)
    venv.create(folder / "env", with_pip=False)
    (packages,) = (folder / "env").glob("lib/python*/site-packages")
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(packages)
    for name in closure(set(DIRECT)):
        link(distribution(name), packages)
    program = folder / "env/bin/modelyard"
    program.write_text(
        f"#!{folder}/env/bin/python\nimport sys\nfrom modelyard.__main__ import main\nsys.exit(main())\n"
    )
    program.chmod(0o755)
    return folder / "env/bin"


def link(found: Distribution, packages: Path) -> None:
    """Put the top level of a distribution that this environment has into another one."""
    for part in {file.parts[0] for file in found.files or () if file.parts[0] not in {"..", "__pycache__"}}:
        place = packages / part
        if not place.exists():
            place.symlink_to(Path(str(found.locate_file(part))).absolute())


def run(program: Path, *arguments: str, url: str = "") -> "subprocess.CompletedProcess[str]":
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(program.parent), "MODELYARD_URL": url or "http://127.0.0.1:1"}
    return subprocess.run(
        (str(program), *arguments),
        env=environment,
        cwd=program.parent,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_SECONDS,
    )


def test_the_wheel_asks_for_few_packages_and_no_server(base: Path) -> None:
    (metadata,) = base.parent.glob("lib/python*/site-packages/modelyard-*.dist-info")
    assert set(needed_by(Distribution.at(metadata))) == DIRECT
    assert closure(set(DIRECT)) & {"fastapi", "httpx", "pydantic", "sqlalchemy", "uvicorn", "numpy"} == set()


def test_client_and_command_line_work_without_the_server(base: Path, registry_url: str, churn: str) -> None:
    assert "modelyard COMMAND --help" in run(base / "modelyard", "--help").stdout
    listed = run(base / "modelyard", "ls", churn, "-o", "csv", url=registry_url)
    assert (listed.returncode, len(listed.stdout.splitlines())) == (0, 4), listed.stderr
    code = (
        "import modelyard; r = modelyard.connect(); print(*(v for v in r.search(limit=1)), modelyard.errors.NotFound)"
    )
    assert run(base / "python", "-c", code, url=registry_url).returncode == 0


@pytest.mark.parametrize("command", ["serve", "health", "db", "gc", "verify", "audit", "backup", "restore", "copy"])
def test_a_command_of_the_server_says_what_it_needs(base: Path, command: str) -> None:
    ended = run(base / "modelyard", command)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr == f"modelyard: `modelyard {command}` needs the server: pip install 'modelyard[server]'\n"


def test_the_interpreter_of_this_test_has_more(base: Path) -> None:
    """Otherwise the tests above would prove nothing."""
    asked = ("-c", "import fastapi, pydantic, sqlalchemy")
    assert subprocess.run((sys.executable, *asked), check=False).returncode == 0
    assert "No module named 'fastapi'" in run(base / "python", *asked).stderr

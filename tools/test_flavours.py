"""Proves the flavours whose frameworks are heavy, one after the other, in environments of their own.

For each: a virtual environment below .flavours/ with the wheel of this project and the framework, the tests of that
flavour against a real server (of the main environment), and the environment is removed. Those that stand on PyTorch
come into one environment, one after the other, since PyTorch alone takes longer to install than all the rest. One line
tells how each went. What cannot be installed is a failure: nothing is skipped.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

ROOT = Path(__file__).parents[1]
PLACE = ROOT / ".flavours"
POETRY = ROOT / ".poetry" / "bin"
TORCH = "torch==2.13.0"  # pinned: builds for processors alone are not on every index for every release


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """What is installed for a flavour: an extra of this project, and packages. `variables` are set for its tests.

    Those of one `place` share an environment, which is removed after the last of them.
    """

    name: str
    packages: Sequence[str]
    extra: str = ""
    place: str = ""
    variables: tuple[str, ...] = ()


ENVIRONMENTS = [
    Environment(name="xgboost", packages=["xgboost-cpu >=3,<4", "scikit-learn"]),
    Environment(name="lightgbm", packages=["lightgbm >=4,<5", "scikit-learn"]),
    Environment(name="onnx", packages=["onnx", "onnxruntime"]),
    Environment(name="torch", packages=[TORCH, "numpy"], extra="torch", place="torch"),
    Environment(name="keras", packages=["keras >=3,<4", TORCH], place="torch", variables=("KERAS_BACKEND=torch",)),
    Environment(name="transformers", packages=["transformers >=5,<6", TORCH], extra="torch", place="torch"),
]


class Failed(Exception):
    """A step of a flavour did not end well; the message is for people."""


def main() -> int:
    """0 when all flavours that were asked for passed."""
    names = [one.name for one in ENVIRONMENTS]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("flavours", nargs="*", metavar="FLAVOUR", help=f"all without: {', '.join(names)}")
    chosen = parser.parse_args().flavours or names
    if unknown := set(chosen) - set(names):
        parser.error(f"no flavour {', '.join(sorted(unknown))}; there are {', '.join(names)}")
    with tempfile.TemporaryDirectory(prefix="modelyard-flavours-") as folder, serving(Path(folder)) as url:
        wheel = built(Path(folder))
        wanted = [one for one in ENVIRONMENTS if one.name in chosen]
        results = []
        for _, group in groupby(wanted, key=lambda one: one.place or one.name):
            results += prove(list(group), wheel, url)
    return 0 if all(results) else 1


def prove(group: Sequence[Environment], wheel: Path, url: str) -> list[bool]:
    """Whether the tests of each passed, in one environment that is made for them and removed."""
    place = PLACE / (group[0].place or group[0].name)
    shutil.rmtree(place, ignore_errors=True)
    try:
        run([sys.executable, "-m", "venv", "--without-pip", place], "cannot make a virtual environment")
        return [is_proved(environment, place, wheel, url) for environment in group]
    finally:
        shutil.rmtree(place, ignore_errors=True)


def is_proved(environment: Environment, place: Path, wheel: Path, url: str) -> bool:
    """Whether a flavour's tests passed; tells it in a line."""
    begun = time.monotonic()
    try:
        install(environment, place, wheel)
        installed = time.monotonic() - begun
        told = proved(environment, place, url)
    except Failed as failure:
        say(f"{environment.name}: FAILED: {failure}")
        return False
    say(f"{environment.name}: {told}; {time.monotonic() - begun:.0f} s, {installed:.0f} of them to install")
    return True


def install(environment: Environment, place: Path, wheel: Path) -> None:
    """Put what it needs into an environment.

    Raises:
        Failed: something cannot be installed.
    """
    extra = f"[{environment.extra}]" if environment.extra else ""
    wanted = [f"modelyard{extra} @ {wheel.as_uri()}", "pytest >=9,<10", *environment.packages]
    pip: list[str | Path] = [POETRY / "python", "-m", "pip", "--python", place / "bin" / "python", "install"]
    options = ["--quiet", "--disable-pip-version-check", "--no-compile", "--only-binary=:all:"]
    run([*pip, *options, *wanted], "cannot be installed")


def proved(environment: Environment, place: Path, url: str) -> str:
    """Run its tests with nothing of the main environment but the address of its server; pytest's last line.

    Raises:
        Failed: they do not pass, or there are none.
    """
    variables = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "MODELYARD"))}
    variables |= dict(one.split("=", 1) for one in environment.variables)
    variables |= {"FLAVOURS_URL": url, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
    pytest: list[str | Path] = [
        place / "bin" / "python",
        "-m",
        "pytest",
        "-q",
        "-c",
        os.devnull,
        "--rootdir",
        ROOT,
        "--strict-markers",
    ]
    apart: list[str | Path] = [
        "-p",
        "no:cacheprovider",
        "--import-mode=importlib",
        "--confcutdir",
        ROOT / "tests" / "flavours",
    ]
    tests = ROOT / "tests" / "flavours" / f"{environment.name}_flavour.py"
    return run([*pytest, *apart, tests], "its tests do not pass", variables).strip().splitlines()[-1]


def run(command: Sequence[str | Path], fault: str, variables: dict[str, str] | None = None) -> str:
    """What it prints.

    Raises:
        Failed: it ends with another status than 0; all that it printed is shown before.
    """
    ended = subprocess.run(
        [str(word) for word in command], cwd=ROOT, env=variables, capture_output=True, text=True, check=False
    )
    if ended.returncode:
        print(ended.stdout, ended.stderr, sep="\n", flush=True)
        raise Failed(fault)
    return ended.stdout


def built(folder: Path) -> Path:
    """The wheel of this project."""
    run([POETRY / "poetry", "build", "--quiet", "--format", "wheel", "--output", folder], "the wheel cannot be built")
    [wheel] = folder.glob("*.whl")
    return wheel


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """The address of a server with an empty registry; it ends with the block."""
    command = [sys.executable, "-m", "modelyard", "serve", "--host", "127.0.0.1", "--port", "0", "--data-dir", "data"]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True) as process:
        try:
            line = process.stdout.readline() if process.stdout else ""
            found = re.match(r"Modelyard listens on (http://\S+) ", line)
            if not found:
                raise Failed(f"the server did not start: {line}")
            yield found[1]
        finally:
            process.terminate()


def say(text: str) -> None:
    """Each line at once, so that a person can follow."""
    print(f"flavours: {text}", flush=True)


if __name__ == "__main__":
    sys.exit(main())

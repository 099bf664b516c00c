"""An environment of MLflow's own, installed once and kept."""

import subprocess
import sys
import venv
from dataclasses import dataclass
from pathlib import Path

from benchmarks.command_line import make_workshop
from benchmarks.series import announce

MLFLOW = "mlflow==3.17.2"
"""The newest release whose parts are all on PyPI: 3.18.0 asks for mlflow-skinny 3.18.0, which is not."""

UVLOOP = "uvloop==0.23.0"


@dataclass(frozen=True, slots=True)
class Environment:
    """Where MLflow is, and beside it uvloop, which MLflow does not bring along."""

    folder: Path

    @property
    def program(self) -> Path:
        """MLflow's command line."""
        return self.folder / "bin" / "mlflow"

    @property
    def uvloop_folder(self) -> Path:
        """On the search path it makes uvloop importable; without it the server is what `pip install mlflow` gives."""
        return self.folder / "uvloop"


def mlflow_environment() -> Environment:
    """The environment, made now if it is not there; that takes a minute or two and 900 MB."""
    environment = Environment(make_workshop() / MLFLOW.replace("==", "-"))
    complete = environment.folder / "complete"
    if not complete.exists():
        announce(f"installing {MLFLOW} in {environment.folder}")
        venv.create(environment.folder, clear=True, with_pip=True)
        pip = (str(environment.folder / "bin" / "python"), "-m", "pip", "install", "--quiet")
        subprocess.run((*pip, MLFLOW), check=True, stdout=sys.stderr)
        subprocess.run((*pip, "--target", str(environment.uvloop_folder), UVLOOP), check=True, stdout=sys.stderr)
        complete.touch()
    return environment

"""The command line as people run it: a process of its own, against a server in another; or for speed in this one."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from modelyard.__main__ import build_commands

PATIENCE_SECONDS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    code: int
    out: str
    err: str

    def json(self) -> Any:  # noqa: ANN401 - any JSON
        assert self.code == 0, self.err
        return json.loads(self.out)

    def said(self) -> str:
        assert self.code == 0, self.err
        return self.out


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """Runs `modelyard` in a folder of its own, as a person without other settings."""

    folder: Path
    variables: dict[str, str] = field(default_factory=dict)

    def environment(self, **more: str) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("MODELYARD_", "NO_COLOR"))}
        own = {
            "HOME": str(self.folder),
            "MODELYARD_CONFIG": str(self.folder / "profiles.json"),
            "COLUMNS": "200",
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        }
        return {**kept, **own, **self.variables, **more}

    def __call__(self, *arguments: str, stdin: str = "", **variables: str) -> Ended:
        ended = subprocess.run(
            (sys.executable, "-m", "modelyard", *arguments),
            cwd=self.folder,
            env=self.environment(**variables),
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE_SECONDS,
        )
        return Ended(code=ended.returncode, out=ended.stdout, err=ended.stderr)


@dataclass(frozen=True, slots=True, kw_only=True)
class Inside:
    """The same commands in this process, for what does not depend on the process: starting one takes longest."""

    variables: dict[str, str]

    def __call__(self, *arguments: str, **variables: str) -> Ended:
        ended = CliRunner().invoke(build_commands(), list(arguments), env={**self.variables, **variables})
        if ended.exception is not None and not isinstance(ended.exception, SystemExit):
            raise ended.exception
        return Ended(code=ended.exit_code, out=ended.stdout, err=ended.stderr)

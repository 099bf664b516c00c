"""What git says of the folder in which a model was trained."""

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit, urlunsplit

_SECONDS: Final = 5
_OPTIONS: Final = ("-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null")
"""A repository may name programs that git starts for it; none is started here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GitState:
    """The repository without any password in its address, the commit, and whether tracked files differ from it."""

    repository: str
    commit: str
    branch: str
    is_dirty: bool


def git_state(folder: Path) -> tuple[GitState | None, str]:
    """The state of the work tree that holds the folder; where there is none, nothing and the reason.

    Git runs without a shell and for at most 5 seconds a question; it takes no locks. Untracked files do not count as
    dirty.
    """
    program = shutil.which("git")
    if program is None:
        return None, "git is not installed"
    try:
        commit = _ask(program, folder, "rev-parse", "HEAD")
        top = _ask(program, folder, "rev-parse", "--show-toplevel")
        changed = _ask(program, folder, "status", "--porcelain", "--untracked-files=no")
        branch = _ask(program, folder, "rev-parse", "--abbrev-ref", "HEAD")
    except subprocess.TimeoutExpired:
        return None, f"git gave no answer within {_SECONDS} seconds"
    except (subprocess.CalledProcessError, OSError) as error:
        return None, _reason(error)
    try:
        remote = _without_secrets(_ask(program, folder, "remote", "get-url", "origin"))
    except (subprocess.SubprocessError, OSError):  # many repositories have no origin
        remote = Path(top).name
    is_dirty = bool(changed)
    return GitState(repository=remote[:1000], commit=commit[:100], branch=branch[:200], is_dirty=is_dirty), ""


def _ask(program: str, folder: Path, *words: str) -> str:
    answer = subprocess.run(  # noqa: S603 # fixed words, no shell
        [program, *_OPTIONS, *words],
        cwd=folder,
        env={**os.environ, "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=_SECONDS,
        check=True,
    )
    return answer.stdout.decode(errors="replace").strip()


def _reason(error: Exception) -> str:
    told = error.stderr.decode(errors="replace") if isinstance(error, subprocess.CalledProcessError) else str(error)
    if "not a git repository" in told:
        return "the folder is in no git repository"
    return f"git says: {told.strip().splitlines()[0][:200]}" if told.strip() else "git failed"


def _without_secrets(address: str) -> str:
    """Addresses may carry a name and password; `git@host:path` carries a name that is no secret."""
    parts = urlsplit(address)
    if not parts.scheme or "@" not in parts.netloc or parts.scheme == "ssh":
        return address
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))

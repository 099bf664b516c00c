"""Activities under strace, which kills them before a system call or lets the call fail."""

import contextlib
import json
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from tests.faults.subject import ACKNOWLEDGED
from tests.integration.server_process import ROOT, environment

CHANGING = (
    *("openat", "write", "writev", "pwrite64", "pwritev", "fsync", "fdatasync", "syncfs", "ftruncate", "fallocate"),
    *("rename", "renameat", "renameat2", "link", "linkat", "unlink", "unlinkat", "mkdir", "mkdirat"),
)
_CALL = re.compile(r"^(?P<thread>\d+) +(?P<name>\w+)\((?P<arguments>.*)")
_WRITES = re.compile(r"O_(?:CREAT|WRONLY|RDWR)")


class NotTraceable(Exception):
    """strace is missing or not allowed here; the message tells why."""


@dataclass(frozen=True, slots=True)
class Boundary:
    """The `count`th call of a name in a thread, counted from the beginning of the activity."""

    thread: str
    call: str
    count: int

    def __str__(self) -> str:
        return f"{self.call} {self.count} in {self.thread}"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an activity ended: the exit code (negative: a signal), and what it said, line by line."""

    code: int
    said: list[str]
    trace: str

    @property
    def is_acknowledged(self) -> bool:
        return ACKNOWLEDGED in self.said


class Tracer:
    """Runs activities, each in a process that is forked from one that has imported everything."""

    def __init__(self, subject: "subprocess.Popen[str]", scratch: Path) -> None:
        assert subject.stdin is not None
        assert subject.stdout is not None
        self._to: IO[str] = subject.stdin
        self._from: IO[str] = subject.stdout
        self._log = scratch / "strace.log"

    def boundaries(self, folder: Path, activity: str, hours: int) -> list[Boundary]:
        """Every call of an activity that changes something in its folder, in order."""
        threads, outcome = self._run(folder, activity, hours, "-f", "-y", "-e", f"trace={','.join(CHANGING)}")
        assert outcome.code == 0, outcome
        assert outcome.is_acknowledged, outcome
        names = {number: name for name, number in threads.items()}
        counts: Counter[tuple[str, str]] = Counter()
        found = []
        for text in outcome.trace.splitlines():
            call = _CALL.match(text)
            if call is None:
                continue
            place = (names[int(call["thread"])], call["name"])
            counts[place] += 1
            is_opening = call["name"] == "openat"
            if str(folder) in call["arguments"] and (not is_opening or _WRITES.search(call["arguments"])):
                found.append(Boundary(*place, counts[place]))
        return found

    def stopped(self, folder: Path, activity: str, hours: int, boundary: Boundary, what: str) -> Outcome:
        """Do the activity, and let this happen at the boundary: `signal=SIGKILL`, or `error=EIO`."""
        injection = f"inject={boundary.call}:{what}:when={boundary.count}"
        _, outcome = self._run(folder, activity, hours, "-e", injection, thread=boundary.thread)
        return outcome

    def _run(
        self, folder: Path, activity: str, hours: int, *options: str, thread: str = "MainThread"
    ) -> tuple[dict[str, int], Outcome]:
        self._to.write(json.dumps({"folder": str(folder), "activity": activity, "hours": hours}) + "\n")
        self._to.flush()
        threads: dict[str, int] = json.loads(self._from.readline())
        # One thread is attached to: strace counts calls in each apart.
        command = ("strace", *options, "-o", str(self._log), "-p", str(threads[thread]))
        tracer = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        assert tracer.stderr is not None
        attached = tracer.stderr.readline()
        self._to.write("go\n")
        self._to.flush()
        outcome = self._outcome()
        rest = tracer.communicate()[1]
        if "attached" not in attached:
            raise NotTraceable(f"strace may not attach here: {(attached + rest).strip()}")
        return threads, Outcome(*outcome, self._log.read_text(encoding="utf-8", errors="replace"))

    def _outcome(self) -> tuple[int, list[str]]:
        said = []
        while isinstance(told := json.loads(self._from.readline()), str):
            said.append(told)
        return told["ended"], said


@contextlib.contextmanager
def tracing(scratch: Path) -> Iterator[Tracer]:
    """A tracer, as long as the block lasts.

    Raises:
        NotTraceable: there is no strace.
    """
    if shutil.which("strace") is None:
        raise NotTraceable("strace is not installed")
    with (scratch / "subject.log").open("w") as log:
        subject = subprocess.Popen(
            (sys.executable, "-m", "tests.faults.subject"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            cwd=ROOT,
            env=environment(scratch, {}),
        )
    try:
        yield Tracer(subject, scratch)
    finally:
        subject.communicate()

"""What both programs share: options, a folder on the real disk, the table, and the JSON beside it."""

import argparse
import json
import os
import platform
import signal
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from subprocess import SubprocessError

from benchmarks.findings import Finding
from benchmarks.http_client import LoadFailed
from benchmarks.plan import Benchmark, Plan
from benchmarks.processes import MIB
from benchmarks.series import announce
from benchmarks.servers import ROOT, CannotServe
from benchmarks.table import table

WORKSHOP = ROOT / ".bench"
"""Holds what benchmarks make, and keeps itself out of Git."""


def run(description: str, benchmarks: Mapping[str, Benchmark], arguments: Sequence[str] | None = None) -> int:
    """Measure what the arguments ask for, and print the table; 1 where something failed, whatever the figures."""
    wanted = _parser(description, benchmarks).parse_args(arguments)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _leave)  # so that servers are ended and files removed
    findings: list[Finding] = []
    failures: list[str] = []
    with tempfile.TemporaryDirectory(prefix="run-", dir=make_workshop()) as folder:
        plan = _plan(wanted, Path(folder))
        for name in wanted.only or benchmarks:
            try:
                findings += benchmarks[name](plan)
            except (LoadFailed, CannotServe, OSError, SubprocessError) as error:
                failures.append(f"{name}: {type(error).__name__}: {error}")
    print(f"{_circumstances(plan, is_quick=wanted.quick)}\n\n{table(findings)}")
    if wanted.json:
        document = {"machine": _machine(), "findings": [finding.document() for finding in findings]}
        wanted.json.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    for failure in failures:
        announce(f"FAILED {failure}")
    return 1 if failures else 0


def make_workshop() -> Path:
    """The folder `.bench` beside the code: on the disk of the checkout, while /tmp may be in memory."""
    WORKSHOP.mkdir(exist_ok=True)
    (WORKSHOP / ".gitignore").write_text("*\n", encoding="utf-8")
    return WORKSHOP


def _parser(description: str, names: Mapping[str, Benchmark]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--only", action="append", choices=list(names), help="run this benchmark; can be repeated")
    parser.add_argument("--rounds", type=_positive, default=3, help="rounds a median is taken of (default 3)")
    parser.add_argument(
        "--quick", action="store_true", help="see whether it works: short rounds and small files, poor figures"
    )
    parser.add_argument("--file-mib", type=_positive, metavar="MIB", help="size of large files (default 1024)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write all values to a file")
    return parser


def _positive(text: str) -> int:
    if (number := int(text)) < 1:
        raise ValueError(text)
    return number


def _plan(wanted: argparse.Namespace, folder: Path) -> Plan:
    size_mib = wanted.file_mib or (128 if wanted.quick else 1024)
    return Plan(folder=folder, rounds=wanted.rounds, seconds=1 if wanted.quick else 3, file_bytes=size_mib * MIB)


def _leave(number: int, _frame: object) -> None:
    sys.exit(128 + number)


def _machine() -> dict[str, object]:
    return {
        "cores": os.cpu_count(),
        "processor": _processor(),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "modelyard": version("modelyard"),
    }


def _processor() -> str:
    with suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.machine()


def _circumstances(plan: Plan, *, is_quick: bool) -> str:
    machine = _machine()
    return (
        f"Modelyard {machine['modelyard']} on {machine['cores']} cores ({machine['processor']}), {machine['system']}, "
        f"Python {machine['python']}; medians of {plan.rounds} interleaved rounds"
        f"{', QUICK: too short for figures worth keeping' if is_quick else ''}."
    )

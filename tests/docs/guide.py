"""The examples of a page: found between its fences, run in order by a shell, and held against what the page shows.

A block marked `console` holds commands after `$ ` (lines below that are indented by four spaces belong to them), and
below each what it prints, or nothing when that is of no interest. A block marked `bash` is one command that prints
nothing worth showing. `http://127.0.0.1:8000` stands for the server. In what is printed `…` stands for any text, and
white space does not count: answers are laid out for reading.
"""

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
ADDRESS = "http://127.0.0.1:8000"
PATIENCE_SECONDS = 120

_BLOCK = re.compile(r"(?ms)^```(?P<language>[a-z]*)\n(?P<body>.*?)^```$")
_COMMAND = re.compile(r"(?m)^\$ (?P<command>.*\n(?: {4}.*\n)*)(?P<printed>(?:(?!\$ ).*\n)*)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One command of a page, by the number of its line; `printed` is what the page shows below it."""

    line: int
    command: str
    printed: str


def pages() -> list[Path]:
    """All pages of the project, those of its tools left out."""
    return sorted(
        path for path in ROOT.rglob("*.md") if not any(part.startswith(".") for part in path.relative_to(ROOT).parts)
    )


def blocks_of(text: str) -> Iterator[tuple[str, int, str]]:
    """Language, first line and body of each fenced block."""
    for block in _BLOCK.finditer(text):
        yield block["language"], text.count("\n", 0, block.start("body")) + 1, block["body"]


def examples_of(text: str) -> Iterator[Example]:
    """The commands of a page, in their order."""
    for language, line, body in blocks_of(text):
        if language == "bash":
            yield Example(line=line, command=body, printed="")
        elif language == "console":
            for found in _COMMAND.finditer(body):
                place = line + body.count("\n", 0, found.start())
                yield Example(line=place, command=found["command"].rstrip("\n"), printed=found["printed"])


def run_examples(examples: Sequence[Example], folder: Path, url: str) -> list[str]:
    """Run the examples in one shell, in an empty folder, against the server at `url`; returns what went wrong."""
    folder.mkdir()
    outputs = folder.parent / "outputs"
    outputs.mkdir()
    lines = (
        f"{{\n{example.command}\n}} >{outputs}/{number}.out 2>{outputs}/{number}.err; echo $? >{outputs}/{number}.code"
        for number, example in enumerate(examples)
    )
    script = outputs / "script"
    script.write_text("\n".join(lines).replace(ADDRESS, url), encoding="utf-8")
    subprocess.run(
        ["bash", "--noprofile", "--norc", "-o", "pipefail", script],  # noqa: S607 - the shell that readers have
        stdin=subprocess.DEVNULL,
        cwd=folder,
        env=_environment(folder),
        check=False,
        timeout=PATIENCE_SECONDS,
    )
    faults = (_fault(example, outputs / str(number), url) for number, example in enumerate(examples))
    return [fault for fault in faults if fault]


def _environment(folder: Path) -> dict[str, str]:
    """Nothing of the outside but the programs, the project's own before all others."""
    programs = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return {"PATH": programs, "HOME": str(folder), "LC_ALL": "C.UTF-8"}


def _fault(example: Example, output: Path, url: str) -> str:
    shown = f"line {example.line}: {example.command}"
    if not output.with_suffix(".code").exists():
        return f"{shown}\nwas not run: the shell stopped before"
    code = output.with_suffix(".code").read_text().strip()
    printed = output.with_suffix(".out").read_text(encoding="utf-8", errors="replace").replace(url, ADDRESS)
    errors = output.with_suffix(".err").read_text(encoding="utf-8", errors="replace")
    if code != "0":
        return f"{shown}\nended with {code}\n{printed}\n{errors}"
    if "urn:modelyard:error" in printed and "urn:modelyard:error" not in example.printed:
        return f"{shown}\nwas refused, and the page does not say so\n{printed}"
    if example.printed.strip() and not is_shown(example.printed, printed):
        return f"{shown}\nprints\n{printed}\nand not\n{example.printed}"
    return ""


def is_shown(shown: str, printed: str) -> bool:
    """Whether the page shows this output, but for white space and what it leaves out with `…`."""
    first, *others = ("".join(part.split()) for part in shown.split("…"))
    rest = "".join(printed.split())
    if not others:
        return rest == first
    if not rest.startswith(first):
        return False
    rest = rest[len(first) :]
    for part in others[:-1]:
        _, found, rest = rest.partition(part) if part else ("", "…", rest)
        if not found:
            return False
    return rest.endswith(others[-1])

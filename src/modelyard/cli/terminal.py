"""Where output goes: tables by rich, colours where they are wanted, long lists through a pager."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from modelyard.cli.output import Column
from modelyard.cli.text import shown
from modelyard.client.answers import Document

if TYPE_CHECKING:
    from rich.text import Text

_COLOURS = {"production": "green", "staging": "yellow", "archived": "dim", "open": "yellow", "rejected": "red"}
_WITHOUT_END = 1_000_000
_DIGEST = re.compile(r"\b(sha256:[0-9a-f]{12})[0-9a-f]{52}\b")
"""In a table the beginning of a digest is enough to tell two apart."""


def is_coloured(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether colours are wanted: on a terminal that has some, unless NO_COLOR says no (no-color.org)."""
    return sys.stdout.isatty() and not environment.get("NO_COLOR") and environment.get("TERM") != "dumb"


def table(documents: Iterable[Document], columns: Sequence[Column]) -> str:
    """Columns side by side, cut to the terminal's width; whole where the output is no terminal."""
    from rich.table import Table

    made = Table(box=None, show_edge=False, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for column in columns:
        made.add_column(column.name, no_wrap=True, overflow="ellipsis" if sys.stdout.isatty() else "ignore")
    for document in documents:
        made.add_row(*(_cell(column.name, column.of(document)) for column in columns))
    if not made.rows:
        return ""
    return _printed(made)


def record(document: Document, columns: Sequence[Column]) -> str:
    """A name and a value on each line."""
    width = max(len(column.name) for column in columns)
    return "".join(f"{column.name:{width}}  {shown(column.name, column.of(document))}\n" for column in columns)


def page(text: str) -> None:
    """Write a long text: through `$PAGER` or less on a terminal that is lower, else as it is."""
    if not sys.stdout.isatty() or text.count("\n") < shutil.get_terminal_size().lines:
        sys.stdout.write(text)
        return
    pager = os.environ.get("PAGER") or "less"
    try:
        with subprocess.Popen(  # noqa: S602 - $PAGER is a command with its options, by custom
            pager, shell=True, stdin=subprocess.PIPE, env={"LESS": "FRX", **os.environ}
        ) as process:
            process.communicate(text.encode())
    except OSError:
        sys.stdout.write(text)
    else:
        if process.returncode == 127:  # there is no such program
            sys.stdout.write(text)


def _cell(name: str, value: object) -> "Text":
    from rich.text import Text

    text = _DIGEST.sub(r"\1…", shown(name, value))
    return Text(text, style=_COLOURS.get(text, ""))


def _printed(made: object) -> str:
    from rich.console import Console

    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else _WITHOUT_END
    console: Console = Console(
        width=width, color_system="standard" if is_coloured() else None, force_terminal=is_coloured(), highlight=False
    )
    with console.capture() as captured:
        console.print(made, soft_wrap=False)
    return "".join(f"{line.rstrip()}\n" for line in captured.get().splitlines())

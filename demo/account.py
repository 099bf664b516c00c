"""What the demo tells: chapters with tables and timings, on a terminal in colours, elsewhere as plain text."""

import contextlib
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

WIDTH = 80
"""Of a usual terminal; all tables fit into it."""

_BARS = "▁▂▃▄▅▆▇█"


def make_console(environment: Mapping[str, str]) -> Console:
    """A console that sends no escape code where NO_COLOR is set or no terminal listens."""
    console = Console(force_terminal=False if environment.get("NO_COLOR") else None, highlight=False)
    if not console.is_terminal or console.width > WIDTH:
        console.width = WIDTH
    return console


class Chapter:
    """One part of the account, told when it is over."""

    def __init__(self) -> None:
        self.parts: list[RenderableType] = []

    def say(self, markup: str) -> None:
        """Add a line."""
        self.parts.append(Padding(Text.from_markup(markup), (0, 0, 0, 2), expand=False))

    def show(self, columns: Sequence[str], rows: Iterable[Sequence[str | Text]]) -> None:
        """Add a table. A column whose heading begins with `>` is set to the right; others wrap where it is narrow."""
        table = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0), header_style="dim")
        for column in columns:
            if column.startswith(">"):
                table.add_column(column.removeprefix(">"), justify="right", no_wrap=True)
            else:
                table.add_column(column, overflow="fold")
        for row in rows:
            table.add_row(*(cell if isinstance(cell, Text) else Text(cell) for cell in row))
        self.parts.append(Padding(table, (0, 0, 0, 2), expand=False))


class Account:
    """Tells the story chapter by chapter."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._chapters = 0

    def say(self, markup: str = "") -> None:
        """Print a line, as long as it is: a command that were broken into two could not be copied."""
        self._console.print(Text.from_markup(markup), soft_wrap=True)

    @contextlib.contextmanager
    def chapter(self, title: str) -> Iterator[Chapter]:
        """Collect a chapter, then print it with the time that it took; also when it ends badly."""
        self._chapters += 1
        chapter = Chapter()
        begun = time.perf_counter()
        try:
            with self._console.status(f"{title} …"):
                yield chapter
        finally:
            self._print(f"{self._chapters} {title}", time.perf_counter() - begun, chapter)

    def _print(self, title: str, seconds: float, chapter: Chapter) -> None:
        timing = f" {seconds:.1f} s"
        line = "─" * (self._console.width - len(title) - len(timing) - 1)
        self._console.print()
        self._console.print(Text.assemble((f"{title} ", "bold cyan"), (line, "dim cyan"), (timing, "dim")))
        for part in chapter.parts:
            self._console.print(part)


def sparkline(values: Sequence[float], width: int) -> str:
    """A curve in block characters: each stands for one value of so many, the lowest one always the same."""
    if len(values) > width:
        values = [values[round(place * (len(values) - 1) / (width - 1))] for place in range(width)]
    low, high = min(values), max(values)
    scale = (len(_BARS) - 1) / (high - low or 1)
    return "".join(_BARS[round((value - low) * scale)] for value in values)


def size(size_bytes: int) -> str:
    """Bytes for a person: `937 B`, `11.9 MiB`."""
    amount, unit = float(size_bytes), "B"
    for unit in ("B", "KiB", "MiB"):
        if amount < 1024 or unit == "MiB":
            break
        amount /= 1024
    return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"

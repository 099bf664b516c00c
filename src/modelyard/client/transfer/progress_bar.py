"""Progress for a person at a terminal: a bar, the rate, the time left."""

import sys
import threading
from typing import TYPE_CHECKING

from modelyard.client.transfer.progress import Progress, Silence

if TYPE_CHECKING:  # it is imported with the first bar
    from rich.progress import Progress as Bars


def progress_bar() -> Progress:
    """Bars on standard error, or silence where that is no terminal."""
    return ProgressBar() if sys.stderr.isatty() else Silence()


class ProgressBar:
    """One bar at a time on standard error; it stays there when its activity is over."""

    def __init__(self) -> None:
        self._bars: Bars | None = None
        self._mutex = threading.Lock()

    def begin(self, what: str, total_bytes: int) -> None:
        """Show a bar, if there is anything to do."""
        if not total_bytes:
            return
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            DownloadColumn,
            TextColumn,
            TimeRemainingColumn,
            TransferSpeedColumn,
        )
        from rich.progress import (
            Progress as Bars,
        )

        with self._mutex:
            self._bars = Bars(
                TextColumn("{task.description:>9}"),
                BarColumn(),
                DownloadColumn(),
                TransferSpeedColumn(),
                TimeRemainingColumn(),
                console=Console(stderr=True),
            )
            self._bars.add_task(what, total=total_bytes)
            self._bars.start()

    def advance(self, count_bytes: int) -> None:
        """Move the bar."""
        bars = self._bars
        if bars is not None:
            bars.advance(bars.task_ids[0], count_bytes)

    def end(self) -> None:
        """Leave the bar as it is."""
        with self._mutex:
            if self._bars is not None:
                self._bars.stop()
                self._bars = None

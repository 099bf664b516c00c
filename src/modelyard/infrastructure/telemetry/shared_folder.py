"""Where the processes of one server count together."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import TemporaryDirectory
from typing import Final

SHARED_FOLDER: Final = "PROMETHEUS_MULTIPROC_DIR"
"""The variable in which prometheus_client looks for that folder, once, as it is imported."""


@contextmanager
def counting_together(processes: int) -> Iterator[None]:
    """Let processes that are forked meanwhile count together, where there are several."""
    if processes == 1:
        yield
        return
    with TemporaryDirectory(prefix="modelyard-telemetry-") as folder:
        os.environ[SHARED_FOLDER] = folder
        try:
            yield
        finally:
            del os.environ[SHARED_FOLDER]

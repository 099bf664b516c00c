"""What a failing database means to who works on it without `Database`: commands that move all rows."""

from collections.abc import Iterator
from contextlib import contextmanager

from modelyard.infrastructure.database import faults


@contextmanager
def failures_told(url: str) -> Iterator[None]:
    """Raise the registry's error for a failure of the database of this kind; any other error as it is."""
    try:
        yield
    except Exception as error:
        meaning = _meaning_of(url, error)
        if meaning is error:
            raise
        raise meaning from error


def _meaning_of(url: str, error: Exception) -> BaseException:
    if url.startswith("sqlite:"):
        return faults.meaning_of(error)
    # The driver is needed only where an address asks for it.
    from modelyard.infrastructure.database import postgresql_faults  # noqa: PLC0415

    return postgresql_faults.meaning_of(error)

"""The command line of Modelyard, whose server leaves no events: to see what they cost.

Run as a program: `python -m benchmarks.without_events serve …`. All else is as it is shipped.
"""

from unittest import mock

import modelyard.__main__
from modelyard.domain.digest import digest_of
from modelyard.domain.event import Change, Event
from modelyard.infrastructure.database.repositories.events import SqlEvents

_NO_HASH = digest_of(b"")


def forget(_: SqlEvents, change: Change) -> Event:
    """In place of appending: nothing is read, hashed or written."""
    return Event(sequence=0, position=1, change=change, previous_hash=None, hash=_NO_HASH)


def main() -> None:
    """Run a command of Modelyard's."""
    with mock.patch.object(SqlEvents, "append", forget):
        modelyard.__main__.main()


if __name__ == "__main__":
    main()

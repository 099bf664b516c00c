"""What is hashed already of uploads that grow request by request."""

import hashlib
import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:  # a type that exists only for type checkers
    from hashlib import _Hash

_KEPT: Final = 1024


@dataclass(frozen=True, slots=True)
class Place:
    """How far an upload is, and when its file was last written to: by that it shows whether others were at it."""

    size_bytes: int
    written_ns: int


class RunningHashes:
    """The states of the hashes of the latest uploads: one that ends where its hash is need not be read again.

    They are in this process alone. What another one has written to is hashed when it ends.
    """

    def __init__(self) -> None:
        self._states: OrderedDict[str, tuple[Place, _Hash]] = OrderedDict()
        self._mutex = threading.Lock()

    def at(self, token: str, place: Place) -> "_Hash | None":
        """A hash of the first bytes of an upload, to go on with; None where they have to be read."""
        if place.size_bytes == 0:
            return hashlib.sha256()
        with self._mutex:
            kept = self._states.get(token)
            return kept[1].copy() if kept is not None and kept[0] == place else None

    def keep(self, token: str, place: Place, state: "_Hash | None") -> None:
        """Remember how far an upload is hashed; without a state, that nobody knows."""
        with self._mutex:
            self._states.pop(token, None)
            if state is not None:
                self._states[token] = (place, state)
            if len(self._states) > _KEPT:
                self._states.popitem(last=False)

    def clear(self) -> None:
        """Know nothing any more."""
        with self._mutex:
            self._states.clear()

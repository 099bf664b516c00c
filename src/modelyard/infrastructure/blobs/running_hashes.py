"""What is hashed already of uploads that grow request by request."""

import hashlib
from collections import OrderedDict
from typing import Final

_KEPT: Final = 1024


class RunningHashes:
    """The states of the hashes of the latest uploads, each with how far it is: an upload that ends is not read again.

    They are in this process alone. An upload that another one began, or that is not where its hash is, is hashed when
    it ends.
    """

    def __init__(self) -> None:
        self._states: OrderedDict[str, tuple[int, hashlib._Hash]] = OrderedDict()

    def at(self, token: str, size_bytes: int) -> "hashlib._Hash | None":
        """A hash of the first bytes of an upload, to go on with; None where they have to be read."""
        if size_bytes == 0:
            return hashlib.sha256()
        kept_bytes, state = self._states.get(token, (-1, None))
        return state.copy() if state is not None and kept_bytes == size_bytes else None

    def keep(self, token: str, size_bytes: int, state: "hashlib._Hash | None") -> None:
        """Remember how far an upload is hashed; without a state, that nobody knows."""
        self._states.pop(token, None)
        if state is not None:
            self._states[token] = (size_bytes, state)
        if len(self._states) > _KEPT:
            self._states.popitem(last=False)

    def forget(self, token: str) -> None:
        """It is over."""
        self._states.pop(token, None)

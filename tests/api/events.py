"""Proving a chain of events from what the API answers alone."""

import hashlib
from collections.abc import Sequence

import rfc8785

from tests.api.steps import Document

_HASHED = (
    "position",
    "at",
    "actor",
    "action",
    "model_id",
    "model",
    "version",
    "before",
    "after",
    "reason",
    "previous_hash",
)


def require_whole_chain(events: Sequence[Document]) -> None:
    """The events of one chain, the oldest first: none changed, none missing before the last."""
    previous = None
    for position, event in enumerate(events, 1):
        assert (event["position"], event["previous_hash"]) == (position, previous)
        document = rfc8785.dumps({name: event[name] for name in _HASHED})
        assert event["hash"] == f"sha256:{hashlib.sha256(document).hexdigest()}"
        previous = event["hash"]

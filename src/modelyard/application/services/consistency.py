"""Whether what is recorded agrees with itself: manifests with their digests, histories with their hashes."""

from collections.abc import AsyncIterator, Mapping, Sequence, Set

from modelyard.application.ports.database import Database, Transaction
from modelyard.application.ports.events import EventFilter
from modelyard.application.ports.versions import StoredFile
from modelyard.domain.digest import Digest
from modelyard.domain.errors import ModelNotFound, VersionNotFound
from modelyard.domain.event import REGISTRY_CHAIN, Event, hash_of
from modelyard.domain.json_value import JsonValue, canonical_json
from modelyard.domain.model_version import ModelVersion, seal
from modelyard.domain.reference import ByNumber

_VERSIONS = 100
_EVENTS = 500
_SEALED = ("framework", "lineage", "params", "signature")


async def manifest_faults(database: Database) -> AsyncIterator[tuple[str, str]]:
    """Each version, as `model:number`, with what is wrong with its manifest: nothing, if the text is empty."""
    beyond = 0
    while page := await database.scan(_page_of_versions, beyond):
        for version_id, model, number, fault in page:
            yield f"{model}:{number}", fault
            beyond = version_id


def _page_of_versions(tx: Transaction, beyond: int) -> Sequence[tuple[int, str, int, str]]:
    versions = tx.versions.after(beyond, limit=_VERSIONS)
    return [(version_id, model, number, _manifest_fault(tx, model, number)) for version_id, model, number in versions]


def _manifest_fault(tx: Transaction, model: str, number: int) -> str:
    try:
        version, files = tx.versions.files(model, ByNumber(number))
        return _difference(version, files)
    except (ModelNotFound, VersionNotFound):
        return "its model and its number do not lead to it"
    except (ValueError, TypeError, LookupError) as error:  # whatever a hand in the database left there
        return f"it cannot be read: {type(error).__name__}"


def _difference(version: ModelVersion, files: Sequence[StoredFile]) -> str:
    parts = {name: canonical_json(getattr(version, name)) for name in _SEALED}
    parts["files"] = canonical_json(list(version.files))
    digest = seal(parts)
    if digest != version.digest:
        return f"its content has the digest {digest}, not {version.digest}"
    stored: list[JsonValue] = [
        {
            "path": one.file.path,
            "digest": one.file.digest,
            "size_bytes": one.file.size_bytes,
            "media_type": one.file.media_type,
        }
        for one in sorted(files, key=lambda one: one.file.path)
    ]
    return "" if canonical_json(stored) == parts["files"] else "the files that it refers to are not those it sealed"


class Histories:
    """Proves hash chains of events, as they come by sequence."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.count = 0

    async def faults(self) -> Sequence[tuple[str, str]]:
        """For each chain that is broken its model, or "registry", and its first broken link.

        What is broken is walked a second time: while others write, an event can become visible after a later one.
        """
        suspects = await self._walk(None)
        return list((await self._walk(suspects.keys())).values()) if suspects else []

    async def _walk(self, chains: Set[int] | None) -> Mapping[int, tuple[str, str]]:
        heads: dict[int, Event] = {}
        faults: dict[int, tuple[str, str]] = {}
        self.count = beyond = 0
        while page := await self._page(beyond, faults):
            for event in page:
                beyond = event.sequence
                self.count += 1
                chain = event.change.chain
                if chain in faults or (chains is not None and chain not in chains):
                    continue
                fault = _broken_link(event, heads.get(chain))
                if fault:
                    faults[chain] = ("registry" if chain == REGISTRY_CHAIN else event.change.model, fault)
                heads[chain] = event
        return faults

    async def _page(self, beyond: int, faults: dict[int, tuple[str, str]]) -> Sequence[Event]:
        """The next events; where one cannot be read at all, those before it one by one, and nothing after it."""
        for limit in (_EVENTS, 1):
            try:
                return await self._database.scan(_events, beyond, limit)
            except (ValueError, TypeError):
                continue
        fault = f"the event after sequence {beyond} cannot be read; those after it were not checked"
        faults[REGISTRY_CHAIN] = ("registry", fault)
        return []


def _events(tx: Transaction, beyond: int, limit: int) -> Sequence[Event]:
    return tx.events.page(EventFilter(), beyond=beyond, is_descending=False, limit=limit)


def _broken_link(event: Event, before: Event | None) -> str:
    position, previous_hash = (1, None) if before is None else (before.position + 1, before.hash)
    if event.position != position:
        return f"event {event.sequence} has position {event.position}, where {position} comes next"
    if event.previous_hash != previous_hash:
        return f"event {event.sequence} does not follow the event before it"
    digest: Digest = hash_of(event.change, event.position, event.previous_hash)
    return "" if digest == event.hash else f"event {event.sequence} was changed: its hash is not that of its content"

"""Proving the hash chains of events."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass

from modelyard.application.ports.database import Database, Transaction
from modelyard.application.ports.events import Head, RecordedLink
from modelyard.domain.errors import FieldError, InvalidInput
from modelyard.domain.event import REGISTRY_CHAIN

_EVENTS = 2_000
_HEADS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedLink:
    """An event in its chain; `is_whole` says whether its hash is that of its content."""

    sequence: int
    chain: int
    model: str
    position: int
    previous_hash: str | None
    hash: str
    is_whole: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownEvent:
    """An event that somebody noted: at this place of its chain stood this hash."""

    position: int
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """A chain that was walked: its last event, if there is one, and the first broken link, or nothing."""

    model: str
    chain: int
    count: int
    head: KnownEvent | None
    fault: str


class Histories:
    """Proves all chains, as their events come by sequence, and that they reach as far as somebody noted."""

    def __init__(self, database: Database, noted: Sequence[Head] = ()) -> None:
        self._database = database
        self._noted = {head.chain: head for head in noted}
        self.count = 0

    async def faults(self) -> Sequence[tuple[str, str]]:
        """For each chain that is broken its model, or "registry", and its first broken link.

        What is broken is walked a second time: while others write, an event can become visible after a later one.
        """
        suspects = await self._walk(None)
        return list((await self._walk(suspects.keys())).values()) if suspects else []

    async def _walk(self, chains: Set[int] | None) -> Mapping[int, tuple[str, str]]:
        ends: dict[int, CheckedLink] = {}
        faults: dict[int, tuple[str, str]] = {}
        self.count = beyond = 0
        while page := await self._page(beyond, faults):
            for link in page:
                beyond = link.sequence
                self.count += 1
                chain = link.chain
                if chain in faults or (chains is not None and chain not in chains):
                    continue
                fault = _broken_link(link, ends.get(chain)) or _against(link, self._noted.get(chain))
                if fault:
                    faults[chain] = (_subject(chain, link.model), fault)
                ends[chain] = link
        for chain, head in self._noted.items():
            if chain not in faults and (chains is None or chain in chains):
                self._require_reached(head, ends.get(chain), faults)
        return faults

    def _require_reached(self, head: Head, end: CheckedLink | None, faults: dict[int, tuple[str, str]]) -> None:
        reached = end.position if end else 0
        if reached < head.position:
            fault = (
                f"it ends at position {reached}; when its head was noted, it had {head.position}: its end is cut off"
            )
            faults[head.chain] = (_subject(head.chain, head.model), fault)

    async def _page(self, beyond: int, faults: dict[int, tuple[str, str]]) -> Sequence[CheckedLink]:
        """The next events; where one cannot be read at all, those before it one by one, and nothing after it."""
        for limit in (_EVENTS, 1):
            try:
                return await self._database.scan(_links, beyond, limit)
            except (ValueError, TypeError, OverflowError):
                continue
        fault = f"the event after sequence {beyond} cannot be read; those after it were not checked"
        faults[REGISTRY_CHAIN] = ("registry", fault)
        return []


async def prove_chain(database: Database, model_name: str, known: KnownEvent | None) -> Proof:
    """Walk the chain of a model, from the event that the caller knows on, or from its first.

    Raises:
        ModelNotFound: there is no such model.
    """
    chain = await database.read(_chain_of, model_name)
    end = None
    count = 0
    beyond = known.position - 1 if known else 0
    while page := await database.scan(_links_of_chain, chain, beyond):
        for link in page:
            beyond = link.position
            count += 1
            is_first = known is not None and end is None
            fault = "" if is_first else _broken_link(link, end)
            fault = fault or _against(link, known)
            if fault:
                return Proof(model=model_name, chain=chain, count=count, head=_known(end), fault=fault)
            end = link
    if known and end is None:
        fault = f"there is no event at position {known.position}: the end of the chain is cut off"
        return Proof(model=model_name, chain=chain, count=0, head=None, fault=fault)
    return Proof(model=model_name, chain=chain, count=count, head=_known(end), fault="")


def known_event(position: int | None, digest: str | None) -> KnownEvent | None:
    """What a caller knows of a chain.

    Raises:
        InvalidInput: one of the two without the other.
    """
    if position is None or digest is None:
        if position is not None or digest is not None:
            message = "position and hash are given together, or not at all"
            raise InvalidInput(
                message, errors=[FieldError(pointer="hash" if digest is None else "position", message=message)]
            )
        return None
    return KnownEvent(position=position, hash=digest)


async def read_heads(database: Database) -> Sequence[Head]:
    """The last event of every chain, as they are together at one moment."""
    return await database.scan(_all_heads)


def _all_heads(tx: Transaction) -> Sequence[Head]:
    heads: list[Head] = []
    while page := tx.events.heads(beyond=heads[-1].chain if heads else -1, limit=_HEADS):
        heads += page
    return heads


def _chain_of(tx: Transaction, model_name: str) -> int:
    return tx.models.get(model_name).id


def _links(tx: Transaction, beyond: int, limit: int) -> Sequence[CheckedLink]:
    return [_checked(recorded) for recorded in tx.events.links(beyond=beyond, limit=limit)]


def _links_of_chain(tx: Transaction, chain: int, beyond: int) -> Sequence[CheckedLink]:
    return [_checked(recorded) for recorded in tx.events.links_of_chain(chain, beyond=beyond, limit=_EVENTS)]


def _checked(recorded: RecordedLink) -> CheckedLink:
    link = recorded.link
    return CheckedLink(
        sequence=recorded.sequence,
        chain=link.chain,
        model=link.model,
        position=link.position,
        previous_hash=link.previous_hash,
        hash=recorded.hash,
        is_whole=link.hash() == recorded.hash,
    )


def _broken_link(link: CheckedLink, before: CheckedLink | None) -> str:
    position, previous_hash = (1, None) if before is None else (before.position + 1, before.hash)
    if link.position != position:
        return f"event {link.sequence} has position {link.position}, where {position} comes next"
    if link.previous_hash != previous_hash:
        return f"event {link.sequence} does not follow the event before it"
    return "" if link.is_whole else f"event {link.sequence} was changed: its hash is not that of its content"


def _against(link: CheckedLink, known: Head | KnownEvent | None) -> str:
    """What is rewritten as a whole is in itself whole, and not what somebody noted."""
    if known is None or link.position != known.position:
        return ""
    if not link.is_whole:
        return f"event {link.sequence} was changed: its hash is not that of its content"
    if link.hash != known.hash:
        return f"event {link.sequence} is another than the one that was noted for position {known.position}"
    return ""


def _known(link: CheckedLink | None) -> KnownEvent | None:
    return None if link is None else KnownEvent(position=link.position, hash=link.hash)


def _subject(chain: int, model: str) -> str:
    return "registry" if chain == REGISTRY_CHAIN else model

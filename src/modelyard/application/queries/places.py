"""Which version held which stage and alias, and when: told from the history."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from modelyard.application.ports.database import Transaction
from modelyard.application.ports.search import Rows
from modelyard.application.queries.history import EVENT_ORDER
from modelyard.application.queries.page import Page, PageRequest, page_of, window_of
from modelyard.domain.errors import VersionNotFound
from modelyard.domain.event import Action, Event
from modelyard.domain.json_value import JsonValue
from modelyard.domain.lifecycle import Stage, Step
from modelyard.domain.model_version import ModelVersion
from modelyard.domain.reference import ByAlias, ByNumber, ByStage, Reference

_BATCH = 500
_NOTHING: Mapping[str, JsonValue] = {}


class PlaceKind(StrEnum):
    """What a version can hold."""

    STAGE = "stage"
    ALIAS = "alias"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A stage or an alias of a model."""

    kind: PlaceKind
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A moment at which a place changed hands, by whom and why."""

    at: datetime
    by: str
    reason: str
    sequence: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A version held a place from one moment to another, which is not in it; `until` is `None` while it does."""

    place: Place
    version: int
    since: Mark
    until: Mark | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceFilter:
    """Which intervals to tell of; `None` leaves a side open. Drafts are told of only when `stage` asks for them."""

    stage: Stage | None = None
    alias: str | None = None
    version: int | None = None

    def fits(self, interval: Interval) -> bool:
        """Whether an interval is wanted."""
        wanted = {(PlaceKind.STAGE, self.stage), (PlaceKind.ALIAS, self.alias)} - {
            (PlaceKind.STAGE, None),
            (PlaceKind.ALIAS, None),
        }
        is_place = not wanted or (interval.place.kind, interval.place.name) in wanted
        return is_place and self.version in {None, interval.version}


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A version entered a stage."""

    version: int
    is_rollback: bool


def version_at(tx: Transaction, model_name: str, reference: Reference, at: datetime) -> ModelVersion:
    """The version that a reference named at a moment, as it is described now.

    Raises:
        ModelNotFound: there is no such model.
        VersionNotFound: it named none then, or one that has been deleted since.
    """
    number = _named(tx, tx.models.get(model_name).id, reference, at)
    if number is None:
        raise VersionNotFound(f"no version of {model_name} was {reference} then", hint="Look at the timeline.")
    version = usable(tx, model_name, number)
    if version is None:
        raise VersionNotFound(
            f"{model_name}:{number} was {reference} then, and has been deleted since",
            hint="Its events tell what it was.",
            details={"version": number},
        )
    return version


def list_timeline(tx: Transaction, model_name: str, wanted: PlaceFilter, request: PageRequest) -> Page[Interval]:
    """The intervals in which versions held stages and aliases, by the event that began them, the newest first.

    Raises:
        ModelNotFound: there is no such model.
        InvalidCursor, InvalidInput: the request.
    """
    model_id = tx.models.get(model_name).id
    scope = f"timeline/{model_id}/{wanted}"
    window = window_of(request, EVENT_ORDER, scope)
    is_descending = window.sort[0].is_descending
    told = [interval for interval in _intervals(tx, model_id, wanted) if wanted.fits(interval)]
    if not is_descending:
        told.reverse()
    last = window.after_integer
    if last is not None:
        told = [one for one in told if (one.since.sequence < last) is is_descending and one.since.sequence != last]
    shown = told[: window.limit]
    return page_of(
        Rows(shown, (shown[-1].since.sequence,) if len(told) > window.limit else None), request, window, scope, None
    )


def entries_into(tx: Transaction, model_id: int, stage: Stage) -> Iterator[Entry]:
    """The versions that entered a stage, the newest first; one may stand there several times."""
    for event in _newest_first(tx, model_id, until=None):
        before, after = event.change.before or _NOTHING, event.change.after or _NOTHING
        if event.change.action is Action.VERSION_STAGE_CHANGED and after["stage"] == stage:
            is_rollback = after.get("step") == Step.ROLLBACK or before["stage"] == Stage.ARCHIVED
            yield Entry(version=event.change.version or 0, is_rollback=is_rollback)


def usable(tx: Transaction, model_name: str, number: int) -> ModelVersion | None:
    """The version, unless it has been deleted."""
    try:
        return tx.versions.get(model_name, ByNumber(number))
    except VersionNotFound:
        return None


def _named(tx: Transaction, model_id: int, reference: Reference, at: datetime) -> int | None:
    match reference:
        case ByStage(stage):
            return _in_stage(tx, model_id, stage, at)
        case ByAlias(alias):
            return _under_alias(tx, model_id, alias, at)
        case ByNumber(number):
            return number if number in _registered(tx, model_id, at) else None
        case _:
            return next(_registered(tx, model_id, at), None)


def _registered(tx: Transaction, model_id: int, at: datetime) -> Iterator[int]:
    """The versions that were there, the last to be registered first."""
    gone = set()
    for event in _newest_first(tx, model_id, until=at, with_drafts=True):
        version = event.change.version or 0
        if event.change.action is Action.VERSION_DELETED:
            gone.add(version)
        elif event.change.action is Action.VERSION_REGISTERED and version not in gone:
            yield version


def _in_stage(tx: Transaction, model_id: int, stage: Stage, at: datetime) -> int | None:
    """The last to enter it of those that had not left it: the first whose newest event then says so."""
    seen = set()
    for event in _newest_first(tx, model_id, until=at, with_drafts=stage is Stage.DRAFT):
        version = event.change.version
        if event.change.action in _ALIAS_ACTIONS or version in seen:
            continue
        seen.add(version)
        if event.change.action is not Action.VERSION_DELETED and (event.change.after or _NOTHING)["stage"] == stage:
            return version
    return None


def _under_alias(tx: Transaction, model_id: int, alias: str, at: datetime) -> int | None:
    for event in _newest_first(tx, model_id, until=at):
        before, after = event.change.before or _NOTHING, event.change.after or _NOTHING
        if event.change.action in _ALIAS_ACTIONS and after["alias"] == alias:
            number = after["version"]
            return number if isinstance(number, int) else None
        if event.change.action is Action.VERSION_DELETED and alias in _aliases_in(before):
            return None
    return None


@dataclass(slots=True)
class _Ends:
    """Walking back in time, when what is met next ended."""

    of_versions: dict[int, Mark] = field(default_factory=dict)
    of_aliases: dict[str, Mark] = field(default_factory=dict)


def _intervals(tx: Transaction, model_id: int, wanted: PlaceFilter) -> Iterator[Interval]:
    ends = _Ends()
    for event in _newest_first(tx, model_id, until=None, with_drafts=wanted.stage is Stage.DRAFT):
        change, version = event.change, event.change.version or 0
        before, after = change.before or _NOTHING, change.after or _NOTHING
        mark = Mark(at=change.at, by=change.actor, reason=change.reason, sequence=event.sequence)
        if change.action is Action.VERSION_DELETED:
            ends.of_versions[version] = mark
            ends.of_aliases.update(dict.fromkeys(_aliases_in(before), mark))
        elif change.action in _ALIAS_ACTIONS:
            alias = str(after["alias"])
            if change.action is Action.ALIAS_MOVED:
                place = Place(kind=PlaceKind.ALIAS, name=alias)
                yield Interval(place=place, version=version, since=mark, until=ends.of_aliases.get(alias))
            ends.of_aliases[alias] = mark
        else:
            place = Place(kind=PlaceKind.STAGE, name=str(after["stage"]))
            if place.name != Stage.DRAFT or wanted.stage is Stage.DRAFT:
                yield Interval(place=place, version=version, since=mark, until=ends.of_versions.get(version))
            ends.of_versions[version] = mark


_ALIAS_ACTIONS = frozenset({Action.ALIAS_MOVED, Action.ALIAS_DELETED})


def _aliases_in(before: Mapping[str, JsonValue]) -> list[str]:
    aliases = before.get("aliases")
    return [str(alias) for alias in aliases] if isinstance(aliases, list) else []


def _newest_first(
    tx: Transaction, model_id: int, *, until: datetime | None, with_drafts: bool = False
) -> Iterator[Event]:
    beyond = None
    while True:
        events = tx.events.of_places(model_id, until=until, beyond=beyond, limit=_BATCH, with_drafts=with_drafts)
        yield from events
        if len(events) < _BATCH:
            return
        beyond = events[-1].sequence

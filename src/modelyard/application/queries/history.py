"""Reading what happened."""

from dataclasses import replace

from modelyard.application.ports.database import Transaction
from modelyard.application.ports.events import EventFilter
from modelyard.application.ports.search import Rows
from modelyard.application.queries.page import ListOrder, Page, PageRequest, page_of, window_of
from modelyard.domain.event import Action, Event
from modelyard.domain.reference import Reference

EVENT_ORDER = ListOrder(fields={"sequence": int}, default="-sequence", unique="sequence")


def filter_of(tx: Transaction, model_name: str | None, wanted: EventFilter) -> EventFilter:
    """The filter, narrowed to the events of a model, found under its present name, if one is given.

    Raises:
        ModelNotFound: there is no such model.
    """
    return wanted if model_name is None else replace(wanted, model_id=tx.models.get(model_name).id)


def list_events(tx: Transaction, model_name: str | None, wanted: EventFilter, request: PageRequest) -> Page[Event]:
    """Events, the newest first unless `sort=sequence`; of one model, found under its present name, or of all.

    Raises:
        ModelNotFound: there is no such model.
        InvalidCursor, InvalidInput: the request.
    """
    wanted = filter_of(tx, model_name, wanted)
    scope = f"events/{wanted}"
    window = window_of(request, EVENT_ORDER, scope)
    beyond = window.after_integer
    is_descending = window.sort[0].is_descending
    events = tx.events.page(wanted, beyond=beyond, is_descending=is_descending, limit=window.limit + 1)
    rows = Rows(events[: window.limit], (events[window.limit - 1].sequence,) if len(events) > window.limit else None)
    return page_of(rows, request, window, scope, None)


def list_transitions(tx: Transaction, model_name: str, reference: Reference, request: PageRequest) -> Page[Event]:
    """The stage changes of one version, the newest first.

    Raises:
        ModelNotFound, VersionNotFound: there is none.
        InvalidCursor, InvalidInput: the request.
    """
    version = tx.versions.get(model_name, reference)
    wanted = EventFilter(version=version.number, action=Action.VERSION_STAGE_CHANGED)
    return list_events(tx, model_name, wanted, request)

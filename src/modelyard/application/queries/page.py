"""Pages of a list: how a caller asks for one, and how the next is named."""

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from modelyard.application.ports.search import Rows, SortKey, Window
from modelyard.domain.errors import FieldError, InvalidCursor, InvalidInput
from modelyard.domain.json_value import canonical_json, check_json

T_co = TypeVar("T_co", covariant=True)

DEFAULT_LIMIT = 50
MAX_LIMIT = 500
MAX_COUNT = 10_000
MAX_CURSOR = 4_000

SortFields = Mapping[str, type]


@dataclass(frozen=True, slots=True, kw_only=True)
class PageRequest:
    """What a caller asks of a list: a query, an order (`-updated_at,name`), a size, where to go on, and a total."""

    q: str = ""
    sort: str = ""
    limit: int = DEFAULT_LIMIT
    cursor: str | None = None
    is_counted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[T_co]):
    """A part of a list. `total` is `None` unless it was asked for, and never counts beyond 10,000."""

    items: Sequence[T_co]
    next_cursor: str | None
    total: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListOrder:
    """How a list can be sorted: its fields with the type of their values, its default, and the field that is unique."""

    fields: SortFields
    default: str
    unique: str

    def sort(self, text: str) -> tuple[SortKey, ...]:
        """Read `-updated_at,name`; the unique field ends it, in the direction of the first.

        Raises:
            InvalidInput: an unknown field, or one that is named twice.
        """
        keys = [SortKey(part.removeprefix("-"), part.startswith("-")) for part in (text or self.default).split(",")]
        for key in keys:
            if key.field not in self.fields:
                message = f"{key.field[:50]!r} is no field to sort by; there are {', '.join(self.fields)}"
                raise InvalidInput(message, errors=[FieldError(pointer="sort", message=message)])
        if len({key.field for key in keys}) != len(keys):
            message = "names a field twice"
            raise InvalidInput(f"sort {message}", errors=[FieldError(pointer="sort", message=message)])
        if any(key.field == self.unique for key in keys):
            return tuple(keys)
        return (*keys, SortKey(self.unique, keys[0].is_descending))


def window_of(request: PageRequest, order: ListOrder, scope: str) -> Window:
    """Which rows a page request asks for. `scope` names the list, so that a cursor of another one is refused.

    Raises:
        InvalidInput: the sort or the limit.
        InvalidCursor: the cursor is not one of this list, query and order.
    """
    sort = order.sort(request.sort)
    if not 1 <= request.limit <= MAX_LIMIT:
        message = f"must be 1 to {MAX_LIMIT}"
        raise InvalidInput(f"limit {message}", errors=[FieldError(pointer="limit", message=message)])
    after = None
    if request.cursor is not None:
        types = [int if key.field == "id" else order.fields[key.field] for key in sort]
        after = _decode(request.cursor, _seal(scope, request.q, sort), types)
    return Window(sort=sort, after=after, limit=request.limit)


def page_of(rows: Rows[T_co], request: PageRequest, window: Window, scope: str, total: int | None) -> Page[T_co]:
    """The page of these rows, with the cursor that leads on."""
    cursor = None
    if rows.next_after is not None:
        cursor = _encode(rows.next_after, _seal(scope, request.q, window.sort))
    return Page(items=rows.items, next_cursor=cursor, total=total)


def _seal(scope: str, q: str, sort: tuple[SortKey, ...]) -> str:
    document = [scope, q, *[f"{'-' if key.is_descending else ''}{key.field}" for key in sort]]
    return hashlib.sha256(canonical_json(document)).hexdigest()[:16]


def _encode(after: tuple[str | int, ...], seal: str) -> str:
    document = canonical_json([seal, *after])
    check = hashlib.sha256(document).hexdigest()[:8].encode()
    return base64.urlsafe_b64encode(check + document).decode().rstrip("=")


def _decode(cursor: str, seal: str, types: Sequence[type]) -> tuple[str | int, ...]:
    refusal = InvalidCursor("the cursor does not belong to this list, query and order")
    if len(cursor) > MAX_CURSOR:
        raise refusal
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        values = json.loads(raw[8:])
        check_json(values)  # the checksum is no secret, and no database takes an integer or a text of every kind
    except (binascii.Error, ValueError, RecursionError, InvalidInput) as error:
        raise refusal from error
    if raw[:8] != hashlib.sha256(raw[8:]).hexdigest()[:8].encode():
        raise refusal
    is_sound = isinstance(values, list) and values[:1] == [seal]
    if not is_sound or [type(value) for value in values[1:]] != list(types):
        raise refusal
    return tuple(values[1:])

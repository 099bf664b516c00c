"""Pages of a list: how a caller asks for one, and how the next is named."""

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from modelyard.application.ports.search import RELEVANCE, Rows, SortKey, SortValue, Window
from modelyard.application.queries.highlighting import Highlight
from modelyard.domain.bounds import MAX_PAGE_ITEMS
from modelyard.domain.errors import FieldError, InvalidCursor, InvalidInput, QuerySyntaxError
from modelyard.domain.json_value import canonical_json, check_json
from modelyard.domain.query import Present, Subject, parse

T_co = TypeVar("T_co", covariant=True)

DEFAULT_LIMIT = 50
MAX_COUNT = 10_000
MAX_CURSOR = 4_000

SortFields = Mapping[str, type]

_SYNONYMS = {"name": "model", "created": "created_at", "updated": "updated_at", "size": "size_bytes"}
"""What queries call the fields of a list, where it is not what answers call them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageRequest:
    """What a caller asks of a list: a query, an order (`-updated_at,name`), a size, and where to go on.

    On request also how many there are, and where the words of the query were found. `most` is the largest size.
    """

    q: str = ""
    sort: str = ""
    limit: int = DEFAULT_LIMIT
    most: int = MAX_PAGE_ITEMS
    cursor: str | None = None
    is_counted: bool = False
    is_highlighted: bool = False

    @property
    def is_plain(self) -> bool:
        """Whether it is for the beginning of the whole list in its own order, and for nothing besides."""
        return not (self.q or self.sort or self.cursor is not None or self.is_counted or self.is_highlighted)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[T_co]):
    """A part of a list. `total` is `None` unless it was asked for, and never counts beyond 10,000.

    `highlights` are those of each item, in their order, where they were asked for.
    """

    items: Sequence[T_co]
    next_cursor: str | None
    total: int | None
    highlights: Sequence[Sequence[Highlight]] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListOrder:
    """How a list can be sorted: its fields with the type of their values, its default, and the field that is unique.

    `values` are roots of fields of queries with a number for each key; `is_ranked` where words can be searched for.
    """

    fields: SortFields
    default: str
    unique: str
    values: tuple[str, ...] = ()
    is_ranked: bool = False

    @property
    def patterns(self) -> tuple[str, ...]:
        """All that it can be sorted by, for a person."""
        values = (f"{root}.<k>" for root in self.values)
        return (*self.fields, *values, *((RELEVANCE,) if self.is_ranked else ()))

    def sort(self, text: str) -> tuple[SortKey, ...]:
        """Read `-updated_at,name`; the unique field ends it, in the direction of the first.

        A metric or parameter, and relevance, stand alone; the most relevant come first.

        Raises:
            InvalidInput: an unknown field, or one that is named twice.
        """
        is_default = not text
        text = text or self.default
        if text.removeprefix("-").startswith(tuple(f"{root}." for root in self.values)):
            is_descending = text.startswith("-")
            return SortKey(_value_field(text.removeprefix("-")), is_descending), SortKey("id", is_descending)
        if self.is_ranked and text == RELEVANCE:
            return SortKey(RELEVANCE, is_descending=True), SortKey("id", is_descending=True)
        keys = [SortKey(self._named(part.removeprefix("-")), part.startswith("-")) for part in text.split(",")]
        for key in keys:
            if key.field not in self.fields and not is_default:
                raise _refused(f"{key.field[:50]!r} is no field to sort by; there are {', '.join(self.patterns)}")
        if len({key.field for key in keys}) != len(keys):
            raise _refused("sort names a field twice")
        if any(key.field == self.unique for key in keys):
            return tuple(keys)
        return (*keys, SortKey(self.unique, keys[0].is_descending))

    def type_of(self, key: SortKey) -> type:
        """What the values of a sort key are; `float` stands for a number or nothing."""
        if key.field in {"id", RELEVANCE}:
            return int
        return self.fields.get(key.field, float)

    def _named(self, name: str) -> str:
        return name if name in self.fields else _SYNONYMS.get(name, name)


def _value_field(text: str) -> str:
    """`metric.auc@holdout` as it is; the end may stand in quotes, as in queries.

    Raises:
        InvalidInput: no metric or parameter has such a name.
    """
    try:
        parsed = parse(f"{text}:*", Subject.VERSIONS)
    except QuerySyntaxError as error:
        raise _refused(f"sort: {error.message}") from error
    if not isinstance(parsed, Present):
        raise _refused(f"{text[:50]!r} is no field to sort by; put names with spaces or signs in quotes")
    return f"{parsed.field.root}.{parsed.field.key}"


def _refused(message: str) -> InvalidInput:
    return InvalidInput(message, errors=[FieldError(pointer="sort", message=message)])


def window_of(request: PageRequest, order: ListOrder, scope: str, *, sort: tuple[SortKey, ...] | None = None) -> Window:
    """Which rows a page request asks for. `scope` names the list, so that a cursor of another one is refused.

    A list that is sorted in one way only says by `sort` which.

    Raises:
        InvalidInput: the sort or the limit.
        InvalidCursor: the cursor is not one of this list, query and order.
    """
    sort = sort or order.sort(request.sort)
    if not 1 <= request.limit <= request.most:
        message = f"must be 1 to {request.most}"
        raise InvalidInput(f"limit {message}", errors=[FieldError(pointer="limit", message=message)])
    after = None
    if request.cursor is not None:
        after = _decode(request.cursor, _seal(scope, request.q, sort), [order.type_of(key) for key in sort])
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


def _encode(after: tuple[SortValue, ...], seal: str) -> str:
    document = canonical_json([seal, *after])
    check = hashlib.sha256(document).hexdigest()[:8].encode()
    return base64.urlsafe_b64encode(check + document).decode().rstrip("=")


def _decode(cursor: str, seal: str, types: Sequence[type]) -> tuple[SortValue, ...]:
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
    if not isinstance(values, list) or values[:1] != [seal] or len(values) != len(types) + 1:
        raise refusal
    if not all(map(_is_of, values[1:], types)):
        raise refusal
    return tuple(values[1:])


def _is_of(value: object, kind: type) -> bool:
    """A whole float comes back as an integer, and no number as null."""
    return type(value) in ({int, float, type(None)} if kind is float else {kind})

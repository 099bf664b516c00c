"""Pages of a search: which rows, in which order, from where on."""

import json
from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Connection, func, select

from modelyard.application.ports.search import RELEVANCE, Rows, SortKey, SortValue, Window
from modelyard.domain.access.standing import ALL_VISIBLE, Visibility
from modelyard.domain.json_value import MAX_INTEGER
from modelyard.domain.query.syntax import Among, Comparison, Expression, Field, Present
from modelyard.infrastructure.database.drivers import parts_of
from modelyard.infrastructure.database.key_ranges import RANGE, SAMPLED, ranges_text, read_by_ranges
from modelyard.infrastructure.database.prepared import Prepared, Record
from modelyard.infrastructure.database.query_shapes import opened, slot_of
from modelyard.infrastructure.database.search_plan import Begin, begin_of
from modelyard.infrastructure.database.search_statements import (
    KEYS,
    OF_MODEL,
    Listed,
    Scope,
    Searched,
    counting,
    listing,
    statements_of,
)
from modelyard.infrastructure.database.text_index import RANGES, WORDS, match_of, needles_of, texts_of
from modelyard.infrastructure.database.vocabulary import known_needles

RANKED: Final = 500
"""Of so many that fit, the newest, the most relevant are found."""

_BY_KEY = SortKey("id", is_descending=True)
_BEYOND_ALL_KEYS = {True: MAX_INTEGER, False: 0}
"""Where a list of keys begins, descending or not; a cursor holds it."""

_WITHOUT_SORT = Prepared(select(func.set_config("enable_sort", "off", True)))


class SearchPages:
    """The keys of what an expression finds, of one model or of all."""

    def __init__(
        self,
        connection: Connection,
        searched: Searched,
        expression: Expression,
        model_id: int | None = None,
        visible: Visibility = ALL_VISIBLE,
    ) -> None:
        self._connection = connection
        self._dialect = dialect = connection.dialect.name
        known = known_needles(connection, texts_of(expression))
        self._tree, values = opened(expression, known)
        self._values: dict[str, Any] = values
        if (needles := needles_of(self._tree)) is not None:
            values[WORDS] = match_of(dialect, needles, values, known)
        if model_id is not None:
            values[OF_MODEL] = model_id
        self._searched = searched
        self._scope = Scope(is_of_model=model_id is not None, visible=visible)
        self._drivers = statements_of(searched, self._tree, dialect, self._scope).drivers

    def page(self, window: Window) -> Rows[int]:
        """A page of keys."""
        field = window.sort[0].field
        if field == RELEVANCE:
            self._values[KEYS] = json.dumps(self.newest(RANKED))
            return self._rows(Begin(), window)
        if "." in field:
            return self._by_value(Field(*field.split(".", 1)), window)
        return self._rows(self._begin(is_by_key=field == "id"), window)

    def newest(self, at_most: int) -> Sequence[int]:
        """The keys of the newest."""
        begin = self._begin(is_by_key=True)
        rows = self._found(Listed(begin, (_BY_KEY,), at_most), Window(sort=(_BY_KEY,), after=None, limit=at_most))
        return [row[0] for row in rows[:at_most]]

    def count(self, at_most: int) -> int:
        """How many there are, as far as it is counted."""
        return len(self.newest(at_most))

    def _begin(self, *, is_by_key: bool) -> Begin:
        return begin_of(self._drivers, self._counts, is_by_key=is_by_key)

    def _counts(self, at_most: int) -> Sequence[int]:
        """Where an index has to be read by ranges, some of these tell of all."""
        statement = counting(self._searched, self._tree, self._dialect, at_most, self._scope)
        ranged = [driver.ranged is not None for driver in self._drivers]
        if not any(ranged):
            return statement.one(self._connection, self._values)
        last = self._last() // RANGE
        sampled = {**self._values, RANGES: ranges_text(max(0, last - SAMPLED), last)}
        counts = statement.one(self._connection, sampled)
        share = max(1, (last + 1) // (SAMPLED + 1))
        return [
            min(at_most, count * share) if is_part else count for count, is_part in zip(counts, ranged, strict=True)
        ]

    def _last(self) -> int:
        return int(self._searched.texts.last.one(self._connection, {})[0] or 0)

    def _by_value(self, field: Field, window: Window) -> Rows[int]:
        """Those that have the value come first, in its order; then those that have none, by key."""
        is_without = window.after is not None and window.after[0] is None
        found: Rows[int] = Rows([], None)
        if not is_without:
            found = self._rows(self._begin(is_by_key=False), window)
        if found.next_after is not None or _requires(self._tree, field):
            return found
        by_key = window.sort[-1]
        first = (_BEYOND_ALL_KEYS[by_key.is_descending],)
        after = window.after[1:] if is_without and window.after else first
        lacking = Window(sort=(by_key,), after=after, limit=window.limit - len(found.items))
        rest = self._rows(self._begin(is_by_key=True), lacking, is_lacking=f"{field.root}.{field.key}")
        following = (None, *rest.next_after) if rest.next_after else None
        return Rows([*found.items, *rest.items], following)

    def _rows(self, begin: Begin, window: Window, *, is_lacking: str = "") -> Rows[int]:
        """One more than asked for, to know whether more follow."""
        listed = Listed(begin, window.sort, window.limit + 1, window.after is not None, is_lacking)
        rows = self._found(listed, window)
        shown = rows[: window.limit]
        following: tuple[SortValue, ...] | None = None
        if len(rows) > window.limit:
            following = tuple(shown[-1][1:]) if shown else window.after
        return Rows([row[0] for row in shown], following)

    def _found(self, listed: Listed, window: Window) -> Sequence[Record]:
        statement = listing(self._searched, self._tree, self._dialect, listed, self._scope)
        after = {f"after_{place}": value for place, value in enumerate(window.after or ())}
        values = {**self._values, **after}
        driver = None if listed.begin.driver is None else self._drivers[listed.begin.driver]
        if driver is not None and driver.ranged is not None and not listed.begin.is_gathered:
            return self._by_ranges(statement, values, listed, window.after_integer, max(1, len(driver.parts)))
        if self._dialect != "sqlite" and not listed.begin.is_gathered:
            # An index gives the order. PostgreSQL would rather sort where it expects few, and is often wrong.
            _WITHOUT_SORT.all(self._connection, {})
        return statement.all(self._connection, values)

    def _by_ranges(
        self, statement: Prepared, values: dict[str, Any], listed: Listed, after: int | None, words: int
    ) -> Sequence[Record]:
        last = self._last()
        begin, end = (last, 0) if listed.sort[0].is_descending else (0, last)
        if after is not None:
            begin = min(max(after, 0), last)
        return read_by_ranges(
            lambda ranges: statement.all(self._connection, {**values, RANGES: ranges}),
            begin,
            end,
            wanted=listed.limit,
            words=words,
        )


def _requires(tree: Expression, field: Field) -> bool:
    """Whether nothing is found that lacks a number in this field."""
    return any(
        part.field == field and not (isinstance(part, Comparison) and slot_of(part.value).is_text)
        for part in parts_of(tree)
        if isinstance(part, Comparison | Among) or (isinstance(part, Present) and field.root == "metric")
    )

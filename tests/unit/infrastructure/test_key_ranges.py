"""Ranges of keys: each key lies in those that are asked for exactly once, and no more is asked for than it takes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelyard.infrastructure.database.key_ranges import LONG, RANGE, ranges_text, read_by_ranges


def ranges_in(text: str) -> set[int]:
    """The short ranges that an array stands for."""
    found: list[int] = []
    for number in map(int, text.strip("{}").split(",")):
        found.extend([number] if number >= 0 else range((-1 - number) * LONG, -number * LONG))
    assert len(found) == len(set(found))
    return set(found)


@given(first=st.integers(0, 1_000), length=st.integers(0, 1_000))
def test_ranges_stand_for_all_between_two_and_no_other(first: int, length: int) -> None:
    assert ranges_in(ranges_text(first, first + length)) == set(range(first, first + length + 1))


@given(
    keys=st.sets(st.integers(0, 3_000_000), max_size=60),
    wanted=st.integers(1, 20),
    ends=st.tuples(st.integers(0, 3_000_000), st.integers(0, 3_000_000)),
)
def test_rows_come_in_order_from_one_key_on_until_there_are_enough(
    keys: set[int], wanted: int, ends: tuple[int, int]
) -> None:
    begin, end = ends
    is_up = end >= begin
    asked: list[set[int]] = []

    def read(text: str) -> list[int]:
        asked.append(ranges_in(text))
        return sorted((key for key in keys if key // RANGE in asked[-1]), reverse=not is_up)

    rows = read_by_ranges(read, begin, end, wanted=wanted)

    low, high = sorted((begin // RANGE, end // RANGE))
    within = sorted((key for key in keys if low <= key // RANGE <= high), reverse=not is_up)
    assert rows == within[: len(rows)]
    assert len(rows) >= min(wanted, len(within))
    assert sum(map(len, asked)) == len(set().union(*asked))


@pytest.mark.parametrize(("every", "statements"), [(1, 1), (1_000, 2), (10_000_000, 4)])
def test_the_rarer_the_rows_the_more_ranges_are_asked_for_at_once(every: int, statements: int) -> None:
    asked: list[set[int]] = []

    def read(text: str) -> list[int]:
        asked.append(ranges_in(text))
        return [0] * (len(asked[-1]) * RANGE // every)

    read_by_ranges(read, 1_000_000, 0, wanted=51)

    assert len(asked) <= statements

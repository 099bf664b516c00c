from collections.abc import Sequence

import pytest

from modelyard.application.queries.page import Page, PageRequest
from modelyard.application.queries.walking import walk
from modelyard.domain.bounds import MAX_PAGE_ITEMS


class Numbers:
    """A list of the numbers from 0, whose cursors are what comes next; it remembers what was asked of it."""

    def __init__(self, count: int) -> None:
        self.numbers = range(count)
        self.asked: list[PageRequest] = []

    async def read(self, request: PageRequest) -> Page[int]:
        self.asked.append(request)
        start = int(request.cursor or 0)
        stop = start + request.limit
        return Page(
            items=self.numbers[start:stop], next_cursor=str(stop) if stop < len(self.numbers) else None, total=None
        )


async def walked(numbers: Numbers, request: PageRequest, at_most: int | None = None) -> list[Sequence[int]]:
    return [list(items) async for items in walk(numbers.read, request, at_most=at_most)]


@pytest.mark.parametrize("count", [0, 1, MAX_PAGE_ITEMS - 1, MAX_PAGE_ITEMS, MAX_PAGE_ITEMS + 1, 3 * MAX_PAGE_ITEMS])
async def test_every_item_comes_once_and_in_order(count: int) -> None:
    pages = await walked(Numbers(count), PageRequest())
    assert [item for page in pages for item in page] == list(range(count))
    assert len(pages) == max(1, -(-count // MAX_PAGE_ITEMS))


@pytest.mark.parametrize("at_most", [1, 7, MAX_PAGE_ITEMS, MAX_PAGE_ITEMS + 1, 2 * MAX_PAGE_ITEMS, 10_000])
async def test_no_more_are_read_than_are_wanted(at_most: int) -> None:
    numbers = Numbers(1300)
    pages = await walked(numbers, PageRequest(), at_most)
    assert [item for page in pages for item in page] == list(range(min(at_most, 1300)))
    assert sum(request.limit for request in numbers.asked) <= max(at_most, 3 * MAX_PAGE_ITEMS)


async def test_it_begins_at_the_cursor_and_keeps_query_and_order() -> None:
    numbers = Numbers(1300)
    pages = await walked(numbers, PageRequest(q="fraud", sort="-name", cursor="700", limit=3, is_counted=True))
    assert [item for page in pages for item in page] == list(range(700, 1300))
    assert {(request.q, request.sort, request.is_counted) for request in numbers.asked} == {("fraud", "-name", False)}


async def test_who_leaves_reads_no_further() -> None:
    numbers = Numbers(5000)
    pages = walk(numbers.read, PageRequest(), at_most=None)
    await anext(pages)
    await pages.aclose()
    assert len(numbers.asked) == 1

"""The whole of a list, page by page."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from dataclasses import replace
from typing import TypeVar

from modelyard.application.queries.page import Page, PageRequest

T = TypeVar("T")


async def walk(
    read: Callable[[PageRequest], Awaitable[Page[T]]], request: PageRequest, *, at_most: int | None
) -> AsyncGenerator[Sequence[T], None]:
    """All items from the request's cursor on, or `at_most` of them; at least one page, which may be empty.

    Each page is a read of its own, so nothing is held between two of them. What is not changed meanwhile comes exactly
    once; what is, as it was before or as it is after, and where a change moves it in the order, twice or not at all.
    """
    left = at_most
    while True:
        size = request.most if left is None else min(request.most, left)
        page = await read(replace(request, limit=size, is_counted=False))
        yield page.items
        if left is not None:
            left -= len(page.items)
        if page.next_cursor is None or left == 0:
            return
        request = replace(request, cursor=page.next_cursor)

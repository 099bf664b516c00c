from collections import Counter

import pytest

from modelyard.application.services.sampling import Sample


def drawn(sizes: list[int], **limits: int) -> frozenset[int]:
    sample = Sample(**limits)  # type: ignore[arg-type]
    for thing_id, size_bytes in enumerate(sizes):
        sample.offer(thing_id, size_bytes)
    return sample.chosen()


@pytest.mark.parametrize(("count", "expected"), [(0, 0), (3, 3), (10, 10), (11, 10)])
def test_as_many_are_chosen_as_are_asked_for(count: int, expected: int) -> None:
    assert len(drawn([1] * 10, limit_count=count)) == expected


def test_no_more_bytes_are_chosen_than_allowed() -> None:
    sizes = [1, 5, 10, 20, 40, 99, 101, 1000] * 20
    for _ in range(20):
        chosen = drawn(sizes, limit_bytes=100)
        assert 0 < sum(sizes[thing_id] for thing_id in chosen) <= 100


def test_both_limits_hold_together() -> None:
    assert len(drawn([1] * 100, limit_count=50, limit_bytes=30)) == 30
    assert len(drawn([1] * 100, limit_count=20, limit_bytes=30)) == 20


def test_without_limits_everything_is_chosen() -> None:
    assert drawn([5, 6, 7]) == {0, 1, 2}


def test_everything_has_its_chance() -> None:
    counts = Counter(thing_id for _ in range(2_000) for thing_id in drawn([1] * 10, limit_count=5))
    assert len(counts) == 10
    assert min(counts.values()) > 800

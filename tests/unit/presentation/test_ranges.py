import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelyard.domain.errors import UnsatisfiableRange
from modelyard.presentation.api.files.ranges import requested_range


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("bytes=0-0", (0, 1)),
        ("bytes=0-99", (0, 100)),
        ("bytes=0-100", (0, 100)),
        ("bytes=99-", (99, 100)),
        ("bytes=50-49", None),
        ("bytes=-1", (99, 100)),
        ("bytes=-100", (0, 100)),
        ("bytes=-101", (0, 100)),
        ("bytes= 5-6 ", (5, 7)),
        ("BYTES=5-6", (5, 7)),
        (f"bytes=5-{'9' * 18}", (5, 100)),
    ],
)
def test_one_range_is_read(header: str, expected: tuple[int, int] | None) -> None:
    assert requested_range(header, 100) == expected


@pytest.mark.parametrize(
    "header",
    [
        *(None, "", "bytes", "bytes=", "bytes=-", "bytes=a-b", "bytes=1", "bytes=0-1,2-3", "bytes=0-1,", "items=0-1"),
        *("bytes 0-1", "bytes=0--1", "bytes=+0-1", "bytes=0x0-1", "bytes=0-1x", f"bytes={'1' * 19}-"),
    ],
)
def test_everything_else_is_ignored(header: str | None) -> None:
    assert requested_range(header, 100) is None


@pytest.mark.parametrize(
    ("header", "size_bytes"),
    [
        ("bytes=100-", 100),
        ("bytes=100-200", 100),
        ("bytes=-0", 100),
        ("bytes=0-0", 0),
        ("bytes=-1", 0),
        ("bytes=0-", 0),
    ],
)
def test_a_range_beyond_the_end_is_refused_with_the_size(header: str, size_bytes: int) -> None:
    with pytest.raises(UnsatisfiableRange) as refusal:
        requested_range(header, size_bytes)
    assert refusal.value.details == {"size_bytes": size_bytes}


@given(first=st.integers(0, 300), last=st.none() | st.integers(0, 300), size_bytes=st.integers(0, 200))
def test_a_range_lies_within_the_file(first: int, last: int | None, size_bytes: int) -> None:
    try:
        found = requested_range(f"bytes={first}-{'' if last is None else last}", size_bytes)
    except UnsatisfiableRange:
        assert first >= size_bytes
        return
    if found is None:
        assert last is not None
        assert last < first
    else:
        assert 0 <= found[0] < found[1] <= size_bytes

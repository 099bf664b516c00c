"""The machine's clock."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelyard.infrastructure.clock import SystemClock

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@given(st.integers(0, 2**63 - 1))
def test_a_moment_is_the_whole_millisecond_that_has_passed(nanoseconds: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("time.time_ns", lambda: nanoseconds)
        assert SystemClock().now() == EPOCH + timedelta(milliseconds=nanoseconds // 1_000_000)


def test_a_moment_is_in_utc() -> None:
    assert SystemClock().now().tzinfo is UTC

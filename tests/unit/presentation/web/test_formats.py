from datetime import UTC, datetime, timedelta

import pytest

from modelyard.presentation.web.formats import count_text, moment, number_text, size_text

NOW = datetime(2026, 3, 14, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("passed", "text"),
    [
        (timedelta(seconds=-5), "just now"),
        (timedelta(seconds=59), "just now"),
        (timedelta(minutes=1), "1 minute ago"),
        (timedelta(minutes=59), "59 minutes ago"),
        (timedelta(hours=1), "1 hour ago"),
        (timedelta(hours=23), "23 hours ago"),
        (timedelta(days=1), "yesterday"),
        (timedelta(days=30), "30 days ago"),
        (timedelta(days=31), "11 Feb 2026"),
    ],
)
def test_a_moment_is_told_by_how_long_ago_it_was(passed: timedelta, text: str) -> None:
    assert moment(NOW - passed, NOW).text == text


def test_a_moment_can_be_had_exactly() -> None:
    shown = moment(NOW, NOW)
    assert (shown.exact, shown.machine) == ("14 Mar 2026, 12:00:00 UTC", "2026-03-14T12:00:00.000Z")


@pytest.mark.parametrize(
    ("size_bytes", "text"),
    [(0, "0 B"), (1023, "1023 B"), (1024, "1.0 KiB"), (48213, "47.1 KiB"), (3 * 1024**4, "3.0 TiB")],
)
def test_a_size_is_told_in_its_largest_unit(size_bytes: int, text: str) -> None:
    assert size_text(size_bytes) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "0"), (0.931254, "0.93125"), (12.0, "12"), (-3.5, "-3.5"), (1e300, "1e+300"), (0.00000012, "1.2e-07")],
)
def test_a_number_has_five_digits_that_tell_something(value: float, text: str) -> None:
    assert number_text(value) == text


def test_counts_have_their_noun() -> None:
    assert (count_text(1, "version"), count_text(1204, "version")) == ("1 version", "1,204 versions")

import pytest

from benchmarks.series import Series, interleaved, percentile


def test_the_median_is_not_moved_by_one_disturbed_round() -> None:
    assert Series.of(10, 11, 900).median == 11
    assert Series.of(10, 12).median == 11


def test_a_ratio_is_taken_round_by_round() -> None:
    slow_in_the_second_round = Series.of(100, 10, 100)
    beside_it = Series.of(200, 20, 200)
    assert slow_in_the_second_round.over(beside_it) == Series.of(0.5, 0.5, 0.5)


def test_series_of_different_lengths_have_no_ratio() -> None:
    with pytest.raises(ValueError, match="argument 2 is shorter"):
        Series.of(1, 2).over(Series.of(1))


def test_an_empty_series_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one"):
        Series.of()


def test_measurements_are_interleaved_and_the_warm_up_is_not_counted() -> None:
    order: list[str] = []

    def measure(name: str) -> int:
        order.append(name)
        return len(order)

    results = interleaved("test", 2, {"a": lambda: measure("a"), "b": lambda: measure("b")})
    assert order == ["a", "b"] * 3
    assert results == {"a": [3, 5], "b": [4, 6]}


def test_progress_goes_to_stderr_so_that_stdout_has_the_table_alone(capsys: pytest.CaptureFixture[str]) -> None:
    interleaved("reads", 1, {"a": lambda: 0})
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines() == ["reads: warming up, a", "reads: round 1 of 1, a"]


@pytest.mark.parametrize(
    ("share", "expected"),
    [(0.5, 50), (0.99, 99), (0.991, 100), (1, 100), (0, 1)],
)
def test_percentiles_go_by_the_nearest_rank(share: float, expected: int) -> None:
    assert percentile([*range(100, 0, -1)], share) == expected


def test_one_value_is_each_of_its_percentiles() -> None:
    assert percentile([7], 0.01) == percentile([7], 0.99) == 7


def test_no_values_have_no_percentile() -> None:
    with pytest.raises(ValueError, match="no values"):
        percentile([], 0.5)

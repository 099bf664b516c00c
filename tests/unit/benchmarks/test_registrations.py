import pytest

from benchmarks.registrations import wrong_numbers


def test_one_to_n_in_any_order_is_right() -> None:
    assert wrong_numbers([3, 1, 2], 3) == 0


@pytest.mark.parametrize(
    ("numbers", "wrong"),
    [
        pytest.param([1, 3], 1, id="one is missing"),
        pytest.param([1, 2, 3, 3], 1, id="one was given twice"),
        pytest.param([1, 2, 4], 2, id="one is missing, and another is there"),
        pytest.param([], 3, id="none is there"),
    ],
)
def test_every_missing_and_every_surplus_number_counts(numbers: list[int], wrong: int) -> None:
    assert wrong_numbers(numbers, 3) == wrong

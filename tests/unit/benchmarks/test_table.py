import pytest

from benchmarks.findings import Finding, Target, at_least, at_most
from benchmarks.series import Series
from benchmarks.table import amount, table

READ = Finding(
    what="read by alias",
    figure=Series.of(4000, 6000, 5000),
    unit="a second",
    beside_what="an empty endpoint",
    beside=Series.of(10_000, 10_000, 10_000),
    target=at_least(0.4),
)


def cells(finding: Finding) -> list[str]:
    return [cell.strip() for cell in table([finding]).splitlines()[2].strip("|").split("|")]


def absolute(value: float, unit: str, target: Target | None) -> list[str]:
    return cells(Finding(what="x", figure=Series.of(value), unit=unit, target=target))


def test_a_row_says_what_beside_what_how_it_varied_and_whether_that_is_enough() -> None:
    assert cells(READ) == [
        "read by alias",
        "5,000 a second",
        "an empty endpoint",
        "10,000 a second",
        "0.500",
        "0.400 to 0.600",
        "≥ 0.4",
        "yes",
    ]


def test_a_target_about_the_figure_has_its_unit() -> None:
    assert absolute(8.2, "ms", at_most(10)) == ["x", "8.20 ms", "-", "-", "-", "-", "≤ 10 ms", "yes"]


def test_a_missed_target_stands_out() -> None:
    assert absolute(12, "ms", at_most(10))[-1] == "**no**"


def test_a_figure_without_a_target_has_no_verdict() -> None:
    assert absolute(1, "ms", None)[-2:] == ["-", "-"]


def test_what_could_not_be_measured_is_said() -> None:
    beside_nothing = Finding(
        what="download", figure=Series.of(1), unit="MiB/s", beside_what="nginx (not installed)", target=at_least(0.9)
    )
    assert cells(beside_nothing)[2:] == ["nginx (not installed)", "-", "-", "-", "≥ 0.9", "not measured"]


def test_the_columns_are_aligned() -> None:
    lines = table([READ, Finding(what="y", figure=Series.of(1), unit="s")]).splitlines()
    assert len(lines) == 4
    assert len({tuple(index for index, letter in enumerate(line) if letter == "|") for line in lines}) == 1


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (12_345.6, "12,346"),
        (123.4, "123"),
        (12.34, "12.3"),
        (1.234, "1.23"),
        (0.1234, "0.123"),
        (0, "0"),
        (-12.34, "-12.3"),
    ],
)
def test_amounts_show_three_digits_that_mean_something(value: float, text: str) -> None:
    assert amount(value) == text

import math
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelyard.domain.errors import InvalidInput
from modelyard.domain.json_value import MAX_INTEGER
from modelyard.domain.metric import MetricKey, check_metric, check_recorded_at
from tests.strategies import finite_floats

AUC = MetricKey(name="auc")


@pytest.mark.parametrize(
    ("key", "text"),
    [
        (AUC, "auc"),
        (MetricKey(name="auc", dataset="holdout"), "auc@holdout"),
        (MetricKey(name="auc", dataset="holdout", slice="age<30"), "auc@holdout/age<30"),
        (MetricKey(name="auc", slice="age<30"), "auc/age<30"),
    ],
)
def test_a_key_is_written_as_queries_write_it(key: MetricKey, text: str) -> None:
    assert str(key) == text


@given(st.integers(0, MAX_INTEGER), finite_floats)
def test_every_finite_value_at_every_step_is_taken(step: int, value: float) -> None:
    check_metric(MetricKey(name="f1 (macro)", dataset="2026 Q1", slice="country=a/b@c"), step, value, "/metrics/0")


@pytest.mark.parametrize(
    ("key", "step", "value", "pointers"),
    [
        pytest.param(MetricKey(name=""), 0, 1.0, ["/name"], id="no name"),
        pytest.param(MetricKey(name="a@b"), 0, 1.0, ["/name"], id="@ in the name"),
        pytest.param(MetricKey(name="a/b"), 0, 1.0, ["/name"], id="/ in the name"),
        pytest.param(MetricKey(name="x" * 251), 0, 1.0, ["/name"], id="long name"),
        pytest.param(MetricKey(name="auc", dataset="a/b"), 0, 1.0, ["/dataset"], id="/ in the dataset"),
        pytest.param(MetricKey(name="auc", dataset=" "), 0, 1.0, ["/dataset"], id="blank dataset"),
        pytest.param(MetricKey(name="auc", slice="a\nb"), 0, 1.0, ["/slice"], id="two-line slice"),
        pytest.param(MetricKey(name="auc", slice="x" * 251), 0, 1.0, ["/slice"], id="long slice"),
        pytest.param(AUC, -1, 1.0, ["/step"], id="step below 0"),
        pytest.param(AUC, MAX_INTEGER + 1, 1.0, ["/step"], id="step beyond 2^53"),
        pytest.param(AUC, 0, math.nan, ["/value"], id="NaN"),
        pytest.param(AUC, 0, math.inf, ["/value"], id="infinity"),
        pytest.param(MetricKey(name="auc", slice=" "), -1, -math.inf, ["/slice", "/step", "/value"], id="all"),
    ],
)
def test_a_metric_is_refused_with_the_entry(key: MetricKey, step: int, value: float, pointers: list[str]) -> None:
    with pytest.raises(InvalidInput) as refusal:
        check_metric(key, step, value, "/metrics/7")

    assert [error.pointer for error in refusal.value.errors] == [f"/metrics/7{pointer}" for pointer in pointers]


EAST, WEST = timezone(timedelta(hours=14)), timezone(timedelta(hours=-12))


@pytest.mark.parametrize(
    "moment",
    [
        datetime(1, 1, 1, tzinfo=UTC),
        datetime(1, 1, 1, tzinfo=WEST),
        datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=EAST),
        datetime(1969, 7, 20, 20, 17, tzinfo=UTC),
    ],
)
def test_a_measurement_may_be_of_any_time(moment: datetime) -> None:
    check_recorded_at(moment, "/metrics/0")


@pytest.mark.parametrize(
    "moment",
    [
        pytest.param(datetime(1, 1, 1, tzinfo=EAST), id="before year 1 in UTC"),
        pytest.param(datetime(9999, 12, 31, 23, tzinfo=WEST), id="after year 9999 in UTC"),
        pytest.param(datetime(2026, 1, 31), id="no offset"),  # noqa: DTZ001
    ],
)
def test_a_time_that_no_calendar_of_utc_has_is_refused(moment: datetime) -> None:
    with pytest.raises(InvalidInput) as refusal:
        check_recorded_at(moment, "/metrics/3")

    assert [error.pointer for error in refusal.value.errors] == ["/metrics/3/recorded_at"]

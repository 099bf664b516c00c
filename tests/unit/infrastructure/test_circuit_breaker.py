import pytest

from modelyard.infrastructure.circuit_breaker import CircuitBreaker, CircuitOpen


class Time:
    seconds = 100.0

    def now(self) -> float:
        return self.seconds


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def breaker(time: Time) -> CircuitBreaker:
    return CircuitBreaker(failures=2, pause_seconds=5, now=time.now)


def break_it(breaker: CircuitBreaker) -> None:
    for _ in range(2):
        breaker.enter()
        breaker.fail()


def test_a_failure_alone_stops_nothing(breaker: CircuitBreaker) -> None:
    for _ in range(3):
        breaker.enter()
        breaker.fail()
        breaker.enter()
        breaker.succeed()
    breaker.enter()


def test_after_several_in_a_row_calls_are_refused_at_once(breaker: CircuitBreaker, time: Time) -> None:
    break_it(breaker)
    time.seconds += 4.9
    with pytest.raises(CircuitOpen, match=r"0\.1 seconds"):
        breaker.enter()


def test_after_the_pause_one_call_tries_for_all(breaker: CircuitBreaker, time: Time) -> None:
    break_it(breaker)
    time.seconds += 5
    breaker.enter()
    with pytest.raises(CircuitOpen):
        breaker.enter()
    breaker.succeed()
    breaker.enter()
    breaker.enter()


def test_a_try_that_fails_begins_the_next_pause(breaker: CircuitBreaker, time: Time) -> None:
    break_it(breaker)
    time.seconds += 5
    breaker.enter()
    time.seconds += 3
    breaker.fail()
    time.seconds += 4.9
    with pytest.raises(CircuitOpen):
        breaker.enter()
    time.seconds += 0.1
    breaker.enter()

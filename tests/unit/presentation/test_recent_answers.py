import pytest

from modelyard.presentation.http.recent_answers import ENTRY_BYTES, RecentAnswer, RecentAnswers

STATE = (7,)
LATER = (8,)


def answer(size_bytes: int = 10) -> RecentAnswer:
    return RecentAnswer("1-1", b"x" * size_bytes)


@pytest.fixture
def recent() -> RecentAnswers[RecentAnswer]:
    return RecentAnswers(limit_bytes=8 * (ENTRY_BYTES + 10))


def test_the_same_question_in_the_same_state_has_the_same_answer(recent: RecentAnswers[RecentAnswer]) -> None:
    kept = answer()
    recent.keep(STATE, ("churn", "7"), kept)

    assert recent.find(STATE, ("churn", "7")) is kept
    assert recent.find(STATE, ("churn", "8")) is None


def test_a_change_drops_all_answers(recent: RecentAnswers[RecentAnswer]) -> None:
    recent.keep(STATE, ("churn", "7"), answer())
    assert recent.find(LATER, ("churn", "7")) is None

    recent.keep(LATER, ("churn", "8"), answer())

    assert recent.find(LATER, ("churn", "7")) is None
    assert recent.find(STATE, ("churn", "7")) is None


def test_where_the_state_is_not_known_nothing_is_remembered(recent: RecentAnswers[RecentAnswer]) -> None:
    recent.keep(None, ("churn", "7"), answer())

    assert recent.find(None, ("churn", "7")) is None


def test_the_oldest_make_room(recent: RecentAnswers[RecentAnswer]) -> None:
    for place in range(9):
        recent.keep(STATE, (str(place),), answer())

    assert [recent.find(STATE, (str(place),)) is not None for place in range(9)] == [False] + [True] * 8


def test_an_answer_that_comes_again_takes_its_room_once(recent: RecentAnswers[RecentAnswer]) -> None:
    recent.keep(STATE, ("first",), answer())
    for _ in range(20):
        recent.keep(STATE, ("again",), answer())

    assert recent.find(STATE, ("first",)) is not None


def test_a_large_answer_is_not_remembered(recent: RecentAnswers[RecentAnswer]) -> None:
    recent.keep(STATE, ("small",), answer())
    recent.keep(STATE, ("large",), answer(11))

    assert recent.find(STATE, ("large",)) is None
    assert recent.find(STATE, ("small",)) is not None

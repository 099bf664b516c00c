"""A follower gives each committed event once and in order, however transactions draw, commit and roll back."""

import random
from collections.abc import Iterable, Set
from dataclasses import dataclass, field
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from modelyard.application.services.following import GLIMPSE, Follower, Glimpse
from modelyard.domain.digest import digest_of
from modelyard.domain.event import Action, Change, Event

_NO_HASH = digest_of(b"")


def event(sequence: int) -> Event:
    change = Change(
        at=datetime(2026, 1, 1, tzinfo=UTC), actor="ada", action=Action.MODEL_UPDATED, model_id=1, model="churn"
    )
    return Event(sequence=sequence, position=sequence, change=change, previous_hash=None, hash=_NO_HASH)


def glimpse(sequences: Iterable[int], writers: Set[str] = frozenset()) -> Glimpse:
    return Glimpse(events=[event(sequence) for sequence in sequences], writers=writers)


def taken(follower: Follower, seen: Glimpse) -> list[int]:
    return [each.sequence for each in follower.take(seen)]


def test_events_without_a_gap_are_given_at_once() -> None:
    follower = Follower(4)

    assert taken(follower, glimpse([5, 6, 7])) == [5, 6, 7]
    assert (follower.position, follower.is_waiting, follower.is_due) == (7, False, False)


def test_what_comes_after_a_gap_waits_for_those_who_may_fill_it() -> None:
    follower = Follower(4)

    assert taken(follower, glimpse([5, 7], {"slow"})) == [5]
    assert follower.is_waiting
    assert taken(follower, glimpse([7], {"slow", "another"})) == []
    assert taken(follower, glimpse([6, 7])) == [6, 7]


def test_a_gap_that_nobody_can_fill_any_more_is_passed_over_at_the_next_look() -> None:
    follower = Follower(4)

    assert taken(follower, glimpse([7], {"slow"})) == []
    assert taken(follower, glimpse([7], {"another"})) == []  # it may have been filled just before that was asked
    assert follower.is_due
    assert taken(follower, glimpse([7])) == [7]


def test_a_later_gap_has_to_be_waited_for_anew() -> None:
    follower = Follower(0)

    assert taken(follower, glimpse([2])) == []
    assert taken(follower, glimpse([2, 4], {"slow"})) == [2]
    assert taken(follower, glimpse([4], {"slow"})) == []
    assert taken(follower, glimpse([3, 4])) == [3, 4]


def test_a_full_look_is_followed_by_another() -> None:
    follower = Follower(0)

    follower.take(glimpse(range(1, GLIMPSE + 1)))

    assert follower.is_due


@dataclass
class Table:
    """Sequences given before the commit, as PostgreSQL gives them."""

    drawn: int = 0
    visible: set[int] = field(default_factory=set)
    open: dict[str, list[int]] = field(default_factory=dict)

    def step(self, chance: random.Random, name: str) -> None:
        if name not in self.open:
            self.open[name] = []
        if chance.random() < 0.5:
            self.drawn += 1
            self.open[name].append(self.drawn)
        elif chance.random() < 0.5:
            self.visible |= set(self.open.pop(name))
        elif chance.random() < 0.5:
            del self.open[name]

    def writers(self) -> Set[str]:
        return frozenset(name for name, sequences in self.open.items() if sequences)


@given(st.randoms(use_true_random=False))
def test_nothing_is_missed_and_nothing_comes_out_of_order(chance: random.Random) -> None:
    table, follower, given_out = Table(), Follower(0), list[int]()
    transactions = 0

    def look() -> None:
        events = sorted(sequence for sequence in table.visible if sequence > follower.position)
        # Others go on between the snapshot and the question who writes.
        for _ in range(chance.randrange(3)):
            turn()
        given_out.extend(taken(follower, glimpse(events, table.writers())))

    def turn() -> None:
        nonlocal transactions
        names = sorted(table.open)
        if not names or (len(names) < 4 and chance.random() < 0.4):
            transactions += 1
            table.open[f"t{transactions}"] = []
            return
        table.step(chance, chance.choice(names))

    for _ in range(200):
        turn()
        if chance.random() < 0.3:
            look()
    for _ in range(4):
        table.open.clear()
        look()

    assert given_out == sorted(table.visible)

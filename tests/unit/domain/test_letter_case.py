from hypothesis import given
from hypothesis import strategies as st

from modelyard.domain.query.letter_case import folded, occurrences


def test_occurrences_are_pairs_of_begin_and_end_in_the_text_itself() -> None:
    assert occurrences("Fraud and FRAUD", "fraud") == [(0, 5), (10, 15)]
    assert occurrences("aaa", "aa") == [(0, 2)]
    assert occurrences("İstanbul, istanbul", "stan") == [(1, 5), (11, 15)]
    assert occurrences("ΟΔΟΣ", "οδος") == [(0, 4)]
    assert occurrences("anything", "") == []


@given(st.text(max_size=20), st.text(min_size=1, max_size=4))
def test_each_occurrence_holds_the_text(text: str, wanted: str) -> None:
    found = occurrences(text, wanted)

    assert bool(found) == (folded(wanted) in folded(text))
    for begin, end in found:
        assert folded(wanted) in folded(text[begin:end])

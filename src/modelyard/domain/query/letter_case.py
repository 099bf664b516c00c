"""Comparing text without regard to letter case, alike in every database and outside of them."""

SIGMA = "\u03c3"
FINAL_SIGMA = "\u03c2"


def folded(text: str) -> str:
    """Text with its letter case taken away, each character by itself.

    Lower case as Unicode has it, but one letter for both small sigmas: which of them stands for the capital depends on
    what follows it, and so part of a word would not be found in the whole.
    """
    return text.lower().replace(FINAL_SIGMA, SIGMA)


def occurrences(text: str, wanted: str) -> list[tuple[int, int]]:
    """Where a text occurs in another, whatever the letter case: pairs of begin and end, in characters of the latter."""
    needle, places, parts = folded(wanted), [], []
    for place, character in enumerate(text):  # one character may become two: the capital dotted I
        part = folded(character)
        parts.append(part)
        places.extend([place] * len(part))
    hay, found, start = "".join(parts), [], 0
    while needle and (begin := hay.find(needle, start)) >= 0:
        start = begin + len(needle)
        found.append((places[begin], places[start - 1] + 1))
    return found

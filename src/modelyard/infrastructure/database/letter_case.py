"""Comparing text without regard to letter case, alike in every database."""

SIGMA = "\u03c3"
FINAL_SIGMA = "\u03c2"


def folded(text: str) -> str:
    """Text with its letter case taken away, each character by itself.

    Lower case as Unicode has it, but one letter for both small sigmas: which of them stands for the capital depends on
    what follows it, and so part of a word would not be found in the whole.
    """
    return text.lower().replace(FINAL_SIGMA, SIGMA)

"""Comparing text without regard to letter case, alike in every database."""


def folded(text: str) -> str:
    """Text with its letter case taken away, each character by itself.

    Lower case as Unicode has it, but one letter for σ and ς: which of them stands for Σ depends on what follows it, and
    part of a word would not be found in the whole.
    """
    return text.lower().replace("ς", "σ")

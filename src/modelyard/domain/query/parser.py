"""The way in: bounds of the text first, then the grammar."""

from typing import Final

from modelyard.domain.query.builder import build
from modelyard.domain.query.characters import check_characters
from modelyard.domain.query.fields import Subject
from modelyard.domain.query.syntax import EVERYTHING, Expression

MAX_CHARACTERS: Final = 2_000


def parse(text: str, subject: Subject) -> Expression:
    """The syntax tree of a query over this subject; empty or blank text asks for everything.

    Raises:
        QuerySyntaxError: the text does not parse, names a field that the subject does not have, or is out of bounds.
            Nothing else is raised for any text.
    """
    check_characters(text, "The query", MAX_CHARACTERS, hint="Search for fewer words at once.")
    return build(text, subject) if text.strip() else EVERYTHING

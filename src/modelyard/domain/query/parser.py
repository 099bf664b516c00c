"""The way in: bounds of the text first, then the grammar."""

import re
from typing import Final

from modelyard.domain.query.builder import build
from modelyard.domain.query.fields import Subject
from modelyard.domain.query.refusals import syntax_error
from modelyard.domain.query.syntax import EVERYTHING, Expression

MAX_CHARACTERS: Final = 2_000

# Tabs and line breaks are not among them: between terms they are spaces like any other.
_FORBIDDEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")


def parse(text: str, subject: Subject) -> Expression:
    """The syntax tree of a query over this subject; empty or blank text asks for everything.

    Raises:
        QuerySyntaxError: the text does not parse, names a field that the subject does not have, or is out of bounds.
            Nothing else is raised for any text.
    """
    if len(text) > MAX_CHARACTERS:
        message = f"The query has {len(text)} characters; at most {MAX_CHARACTERS} are allowed"
        raise syntax_error(message, MAX_CHARACTERS, hint="Search for fewer words at once.")
    if forbidden := _FORBIDDEN.search(text):
        message = f"The query holds the character U+{ord(forbidden[0]):04X}, which is not text"
        raise syntax_error(message, forbidden.start(), hint="Remove it; control characters and surrogates are refused.")
    return build(text, subject) if text.strip() else EVERYTHING

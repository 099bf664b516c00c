"""The characters of a query: which are refused everywhere, and what stands between quotes."""

import re

from modelyard.domain.query.refusals import syntax_error

# Tabs and line breaks are not among them: between terms they are spaces like any other.
_FORBIDDEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_ESCAPE_OR_FLAW = re.compile(r'\\(["\\])|[\\\t\n\r]')


def check_characters(text: str, what: str, longest: int, *, hint: str) -> None:
    """Refuse text that is too long or holds what is not text; `hint` says how to make it shorter.

    Raises:
        QuerySyntaxError: it is.
    """
    if len(text) > longest:
        raise syntax_error(f"{what} has {len(text)} characters; at most {longest} are allowed", longest, hint=hint)
    if found := _FORBIDDEN.search(text):
        message = f"{what} holds the character U+{ord(found[0]):04X}, which is not text"
        raise syntax_error(message, found.start(), hint="Remove it; control characters and surrogates are refused.")


def unquoted(quoted: str, position: int) -> str:
    """The text between quotes that begin at `position`; only a quote and a backslash are written with a backslash.

    Raises:
        QuerySyntaxError: a lone backslash, a tab or a line break.
    """

    def plain(found: re.Match[str]) -> str:
        if found[1]:
            return found[1]
        message = "This backslash escapes nothing" if found[0] == "\\" else "A tab or line break stands within quotes"
        hint = 'Within quotes write \\" for a quote and \\\\ for a backslash, and nothing but spaces between words.'
        raise syntax_error(message, position + 1 + found.start(), hint=hint, expected=['\\"', "\\\\"])

    return _ESCAPE_OR_FLAW.sub(plain, quoted[1:-1])

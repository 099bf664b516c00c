"""What a caller may see, as a condition on names."""

from sqlalchemy import ColumnElement, and_, false, or_, true

from modelyard.domain.access.standing import EVERYTHING, Visibility
from modelyard.infrastructure.database.dialects import matching_glob


def names_shown(name: ColumnElement[str], visible: Visibility) -> ColumnElement[bool]:
    """True of the names that are shown."""
    return and_(_matching(name, visible.granted), _matching(name, visible.narrowed))


def _matching(name: ColumnElement[str], patterns: frozenset[str]) -> ColumnElement[bool]:
    if EVERYTHING in patterns:
        return true()
    return or_(false(), *(_of_pattern(name, pattern) for pattern in sorted(patterns)))


def _of_pattern(name: ColumnElement[str], pattern: str) -> ColumnElement[bool]:
    return matching_glob(name, pattern) if EVERYTHING in pattern else name == pattern

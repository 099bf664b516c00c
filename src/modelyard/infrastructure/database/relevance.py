"""How well a text fits: by where the words of a query stand, which both databases see alike."""

from collections.abc import Callable, Iterator
from typing import TypeAlias

from sqlalchemy import ColumnElement, Integer, Table, case, literal, or_, select

from modelyard.domain.query.syntax import And, Expression, Words
from modelyard.infrastructure.database.conditions import Condition, contains
from modelyard.infrastructure.database.dialects import letter_case_folded
from modelyard.infrastructure.database.query_shapes import Slot, slot_of
from modelyard.infrastructure.database.tables import model_tags, models, version_tags, versions

Scored: TypeAlias = Callable[[Expression], ColumnElement[int]]

_WHOLE_NAME, _IN_NAME, _IN_TAG, _IN_DESCRIPTION = 8, 4, 2, 1


def score_of_version(expression: Expression) -> ColumnElement[int]:
    """Each word counts where it stands: as the model's whole name, in it, in a tag, in the description."""
    return _score(expression, versions.c.description, version_tags, version_tags.c.version_id == versions.c.id)


def score_of_model(expression: Expression) -> ColumnElement[int]:
    """As of versions."""
    return _score(expression, models.c.description, model_tags, model_tags.c.model_id == models.c.id)


def _score(
    expression: Expression, description: ColumnElement[str], tags: Table, belongs: Condition
) -> ColumnElement[int]:
    total: ColumnElement[int] = literal(0, Integer)
    for text in _words(expression):
        is_whole = letter_case_folded(models.c.name) == text.folded
        tagged = select(tags.c.key).where(belongs, or_(contains(tags.c.key, text), contains(tags.c.value, text)))
        total = total + case((is_whole, _WHOLE_NAME), (contains(models.c.name, text), _IN_NAME), else_=0)
        total = total + case((tagged.exists(), _IN_TAG), else_=0)
        total = total + case((contains(description, text), _IN_DESCRIPTION), else_=0)
    return total


def _words(expression: Expression) -> Iterator[Slot]:
    """Those that every hit has; the others say nothing of how well it fits."""
    match expression:
        case Words(text):
            yield slot_of(text)
        case And(operands):
            for operand in operands:
                yield from _words(operand)
        case _:
            pass

"""The index of all words: what narrows a search for text down before the text itself is looked at.

SQLite has a table of trigrams (FTS5) that keeps no text, PostgreSQL one of texts with an index of trigrams (pg_trgm).
Both are made from other tables and moved with none: who brings rows without repositories makes them anew by `fill`.
"""

from collections.abc import Mapping
from itertools import chain

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    MetaData,
    Select,
    Table,
    and_,
    bindparam,
    delete,
    insert,
    literal_column,
    or_,
    select,
)
from sqlalchemy import text as sql

from modelyard.domain.query.letter_case import folded
from modelyard.domain.query.syntax import And, Comparison, Expression, Operator, Or, Words
from modelyard.infrastructure.database.dialects import looked_up
from modelyard.infrastructure.database.prepared import Prepared
from modelyard.infrastructure.database.schema import Key, Text

SHORTEST = 3
"""Text of fewer characters has no trigram, and is found without the index."""

_TEXT_FIELDS = frozenset({"name", "model", "description", "card", "tag"})
_derived = MetaData()


class TextIndex:
    """The words of all models, or of all versions, by surrogate key."""

    def __init__(self, name: str) -> None:
        key, document = Column("rowid", Key, primary_key=True), Column("document", Text, nullable=False)
        self._table = Table(name, _derived, key, document)
        self._add = Prepared(insert(self._table), ["rowid", "document"])
        self._remove = delete(self._table).where(key == bindparam("of_key"))

    def add(self, connection: Connection, key: int, document: str) -> None:
        """Index what is new."""
        self._add.many(connection, [{"rowid": key, "document": document}])

    def replace(self, connection: Connection, key: int, document: str) -> None:
        """Index what was changed."""
        connection.execute(self._remove, {"of_key": key})
        self.add(connection, key, document)

    def holds(self, key: ColumnElement[int], text: str) -> ColumnElement[bool]:
        """Whether the words of a row hold a text, where the index keeps them: on PostgreSQL."""
        own = select(self._table.c.rowid).where(self._table.c.rowid == key)
        return looked_up(own.where(self._table.c.document.contains(folded(text), autoescape=True)), key.table)

    def candidates(self, dialect: str, needles: Expression) -> Select[int]:
        """The keys, as `id`, of all that hold these words, and of a few others; `needles` come from `needles_of`."""
        whole: ColumnElement[str] = literal_column(self._table.name)
        is_sqlite = dialect == "sqlite"
        found = whole.op("MATCH")(_match(needles)) if is_sqlite else _like(self._table.c.document, needles)
        return select(self._table.c.rowid.label("id")).where(found)


VERSION_TEXTS = TextIndex("version_texts")
MODEL_TEXTS = TextIndex("model_texts")


def document_of(name: str, description: str, tags: Mapping[str, str], card: str = "") -> str:
    """All words of a model or version. What a query looks for holds no line break, so it lies within one of them."""
    return folded("\n".join((name, description, *chain.from_iterable(tags.items()), card)))


def needles_of(expression: Expression) -> Expression | None:
    """The words without which an expression cannot hold, as `Words`, `And` and `Or`; None where it needs none."""
    match expression:
        case Words(text):
            return _needle(text)
        case Comparison(field, Operator.CONTAINS, str(text)) if field.root in _TEXT_FIELDS:
            return _needle(text)
        case And(operands):
            found = [needles for operand in operands if (needles := needles_of(operand))]
            return And(tuple(found)) if found else None
        case Or(operands):
            each = [needles for operand in operands if (needles := needles_of(operand))]
            return Or(tuple(each)) if len(each) == len(operands) else None
        case _:
            return None


def _needle(text: str) -> Words | None:
    needle = folded(text)
    return Words(needle) if len(needle) >= SHORTEST else None


def _match(needles: Expression) -> str:
    """As FTS5 asks: each trigram by itself, since the index keeps no positions."""
    match needles:
        case Words(text):
            trigrams = dict.fromkeys(text[place : place + SHORTEST] for place in range(len(text) - SHORTEST + 1))
            return " AND ".join('"{}"'.format(trigram.replace('"', '""')) for trigram in trigrams)
        case And(operands):
            return " AND ".join(f"({_match(operand)})" for operand in operands)
        case Or(operands):
            return " OR ".join(f"({_match(operand)})" for operand in operands)
        case _:
            raise TypeError(needles)


def _like(column: ColumnElement[str], needles: Expression) -> ColumnElement[bool]:
    match needles:
        case Words(text):
            return column.contains(text, autoescape=True)
        case And(operands):
            return and_(*(_like(column, operand) for operand in operands))
        case Or(operands):
            return or_(*(_like(column, operand) for operand in operands))
        case _:
            raise TypeError(needles)


def fill(connection: Connection) -> None:
    """Make the index of all models and versions anew, from their tables as they are."""
    for index in _DOCUMENTS:
        connection.execute(sql(f"DELETE FROM {index}"))  # noqa: S608 - one of the two names below
        connection.execute(sql(_filling(connection.dialect.name, index)))


def refill_versions(connection: Connection, model_id: int) -> None:
    """Index the versions of one model anew: the model has another name."""
    values = {"of_model": model_id}
    of_model = "SELECT id FROM versions WHERE model_id = :of_model"
    connection.execute(sql(f"DELETE FROM version_texts WHERE rowid IN ({of_model})"), values)  # noqa: S608 - no input
    connection.execute(
        sql(f"{_filling(connection.dialect.name, 'version_texts')} WHERE v.model_id = :of_model"), values
    )


_DOCUMENTS = {
    "model_texts": """SELECT m.id, modelyard_folded(m.name || {line} || m.description || {line} || coalesce(
        (SELECT {join}(key || {line} || value, {line}) FROM model_tags WHERE model_id = m.id), '')) FROM models m""",
    "version_texts": """SELECT v.id, modelyard_folded(m.name || {line} || v.description || {line} || coalesce(
        (SELECT {join}(key || {line} || value, {line}) FROM version_tags WHERE version_id = v.id), '')
        || {line} || v.card) FROM versions v JOIN models m ON m.id = v.model_id""",
}


def _filling(dialect: str, index: str) -> str:
    join, line = ("group_concat", "char(10)") if dialect == "sqlite" else ("string_agg", "chr(10)")
    return f"INSERT INTO {index} (rowid, document) {_DOCUMENTS[index].format(join=join, line=line)}"

"""The index of all words: what narrows a search for text down before the text itself is looked at.

SQLite has a table of words (FTS5) that keeps no text and no places, PostgreSQL one of texts with an index of their
words (GIN). Which words hold a text, the vocabulary knows. All are made from other tables and moved with none: who
brings rows without repositories makes them anew by `fill`.
"""

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    MetaData,
    Select,
    Table,
    bindparam,
    cast,
    delete,
    func,
    insert,
    literal_column,
    select,
)
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import ARRAY, TSQUERY, array

from modelyard.domain.query.letter_case import folded
from modelyard.domain.query.syntax import And, Comparison, Expression, Operator, Or, Words
from modelyard.infrastructure.database.dialects import looked_up
from modelyard.infrastructure.database.key_ranges import LONG, RANGE
from modelyard.infrastructure.database.prepared import Prepared
from modelyard.infrastructure.database.query_shapes import ESCAPE, Slot, Values, slot_of
from modelyard.infrastructure.database.schema import Key, Text
from modelyard.infrastructure.database.vocabulary import LONGEST_WORD, TABLES, Needle, add_words, words_of

WORDS = "words"
"""The parameter with the words that the index is asked for."""

RANGES = "ranges"
"""The parameter with the ranges of keys that PostgreSQL's index is asked about, as the text of an array."""

_TEXT_FIELDS = frozenset({"name", "model", "description", "card", "tag"})
_SIGNS = {"sqlite": ('"', " AND ", " OR "), "postgresql": ("'", " & ", " | ")}
_NO_WORD = "x" * (LONGEST_WORD + 1)
_derived = MetaData()
_BATCH = 5_000
_ADD_TEXTS = (
    "INSERT INTO {index} (rowid, document, words) SELECT key, document, array_to_tsvector(string_to_array(held, ' '))"
    " FROM unnest(cast(:keys AS bigint[]), cast(:documents AS text[]), cast(:words AS text[]))"
    " AS made(key, document, held)"
)


class TextIndex:
    """The words of all models, or of all versions, by surrogate key."""

    def __init__(self, name: str) -> None:
        key, document = Column("rowid", Key, primary_key=True), Column("document", Text, nullable=False)
        self._table = Table(name, _derived, key, document)
        self._add = {
            "sqlite": Prepared(insert(self._table), ["rowid", "document"]),
            "postgresql": Prepared(sql(_ADD_TEXTS.format(index=name))),
        }
        self._remove = delete(self._table).where(key == bindparam("of_key"))
        self.last = Prepared(select(func.max(key)))
        """The greatest key."""

    def add(self, connection: Connection, key: int, document: str) -> None:
        """Index what is new."""
        words = words_of(document)
        if connection.dialect.name == "sqlite":
            row: dict[str, object] = {"rowid": key, "document": " ".join(words)}
        else:
            row = {"keys": [key], "documents": [document], "words": [" ".join(words)]}
        self._add[connection.dialect.name].many(connection, [row])
        add_words(connection, words)

    def replace(self, connection: Connection, key: int, document: str) -> None:
        """Index what was changed."""
        connection.execute(self._remove, {"of_key": key})
        self.add(connection, key, document)

    def holds(self, key: ColumnElement[int], text: Slot) -> ColumnElement[bool]:
        """Whether the words of a row hold a text, where the index keeps them: on PostgreSQL."""
        own = select(self._table.c.rowid).where(self._table.c.rowid == key)
        return looked_up(own.where(self.contains(text)), key.table)

    def contains(self, text: Slot) -> ColumnElement[bool]:
        """The same, in a statement over the index."""
        return self._table.c.document.contains(text.part, escape=ESCAPE)

    def candidates(self, dialect: str) -> Select[int]:
        """The keys, as `id`, of all that have the `WORDS`."""
        found = select(self._table.c.rowid.label("id"))
        if dialect == "sqlite":
            whole: ColumnElement[str] = literal_column(self._table.name)
            return found.where(whole.op("MATCH")(bindparam(WORDS, type_=Text)))
        words: ColumnElement[str] = literal_column(f"{self._table.name}.words")
        return found.where(words.op("@@")(cast(bindparam(WORDS, type_=Text), TSQUERY)))

    def ranged(self) -> Select[int]:
        """The same within `RANGES`, written as the index of PostgreSQL is."""
        short, long = (self._table.c.rowid.op("/")(literal_column(str(keys))) for keys in (RANGE, RANGE * LONG))
        own: array[Any] = array([short, literal_column("-1").op("-")(long)], type_=BigInteger)
        return self.candidates("postgresql").where(own.overlap(cast(bindparam(RANGES, type_=Text), ARRAY(BigInteger))))


VERSION_TEXTS = TextIndex("version_texts")
MODEL_TEXTS = TextIndex("model_texts")


def document_of(name: str, description: str, tags: Mapping[str, str], card: str = "") -> str:
    """All words of a model or version. What a query looks for holds no line break, so it lies within one of them."""
    return folded("\n".join((name, description, *chain.from_iterable(tags.items()), card)))


def texts_of(expression: Expression) -> Sequence[str]:
    """The texts, folded, that a query looks for and an index of words may know."""
    match expression:
        case Words(text):
            return [folded(text)]
        case Comparison(field, Operator.CONTAINS, str(text)) if field.root in _TEXT_FIELDS:
            return [folded(text)]
        case And(operands) | Or(operands):
            return [text for operand in operands for text in texts_of(operand)]
        case _:
            return []


def needles_of(tree: Expression) -> Expression | None:
    """The words without which a shape cannot hold, as `Words`, `And` and `Or`; None where it needs none."""
    match tree:
        case Words(text):
            return Words(text) if slot_of(text).is_needle else None
        case Comparison(field, Operator.CONTAINS, value) if field.root in _TEXT_FIELDS:
            return Words(slot_of(value)) if slot_of(value).is_needle else None
        case And(operands):
            found = [needles for operand in operands if (needles := needles_of(operand))]
            return And(tuple(found)) if found else None
        case Or(operands):
            each = [needles for operand in operands if (needles := needles_of(operand))]
            return Or(tuple(each)) if len(each) == len(operands) else None
        case _:
            return None


def match_of(dialect: str, needles: Expression, values: Values, known: Mapping[str, Needle]) -> str:
    """What the index is asked for; FTS5 and tsquery differ in signs only."""
    quote, every, some = _SIGNS[dialect]
    match needles:
        case Words(slot):
            lists = known[str(values[slot_of(slot).folded_name])].lists
            either = (some.join(f"{quote}{word}{quote}" for word in words or [_NO_WORD]) for words in lists)
            return every.join(f"({words})" for words in either)
        case And(operands):
            return every.join(f"({match_of(dialect, operand, values, known)})" for operand in operands)
        case Or(operands):
            return some.join(f"({match_of(dialect, operand, values, known)})" for operand in operands)
        case _:
            raise TypeError(needles)


def fill(connection: Connection) -> None:
    """Make the index of all models and versions anew, from their tables as they are."""
    for table in TABLES:
        connection.execute(sql(f"DELETE FROM {table}"))  # noqa: S608 - one of two names
    for index in _DOCUMENTS:
        connection.execute(sql(f"DELETE FROM {index}"))  # noqa: S608 - one of the two names below
        _fill(connection, index)
        for statement in _FILL_WORDS[connection.dialect.name]:
            connection.execute(sql(statement.format(index=index, signed=_SIGNED[connection.dialect.name])))


def refill_versions(connection: Connection, model_id: int, name: str) -> None:
    """Index the versions of one model anew: the model has another name."""
    of_model = "SELECT id FROM versions WHERE model_id = :model_id"
    connection.execute(
        sql(f"DELETE FROM version_texts WHERE rowid IN ({of_model})"), {"model_id": model_id}  # noqa: S608 - no input
    )
    _fill(connection, "version_texts", " AND v.model_id = :model_id", {"model_id": model_id})
    add_words(connection, words_of(folded(name)))


def _fill(connection: Connection, index: str, only: str = "", values: Mapping[str, int] | None = None) -> None:
    """SQLite calls Python for the words of each text; PostgreSQL is read and written in turns."""
    values = {"last": 0, **(values or {})}
    documents = _DOCUMENTS[index] + only
    if connection.dialect.name == "sqlite":
        made = documents.format(join="group_concat", line="char(10)", made="modelyard_words")
        connection.execute(sql(f"INSERT INTO {index} (rowid, document) {made}"), values)
        return
    documents = documents.format(join="string_agg", line="chr(10)", made="modelyard_folded")
    select_some = sql(f"{documents} ORDER BY 1 LIMIT {_BATCH}")
    add = Prepared(sql(_ADD_TEXTS.format(index=index)))
    while found := connection.execute(select_some, values).all():
        keys, texts = zip(*found, strict=True)
        words = [" ".join(words_of(text)) for text in texts]
        add.many(connection, [{"keys": list(keys), "documents": list(texts), "words": words}])
        values["last"] = keys[-1]


_DOCUMENTS = {
    "model_texts": """SELECT m.id, {made}(m.name || {line} || m.description || {line} || coalesce((
        SELECT {join}(key || {line} || value, {line}) FROM model_tags WHERE model_id = m.id
    ), '')) FROM models m WHERE m.id > :last""",
    "version_texts": """SELECT v.id, {made}(m.name || {line} || v.description || {line} || coalesce((
        SELECT {join}(key || {line} || value, {line}) FROM version_tags WHERE version_id = v.id
    ), '') || {line} || v.card) FROM versions v JOIN models m ON m.id = v.model_id WHERE v.id > :last""",
}
_SIGNED = {"sqlite": "GLOB '*[\ue000-\ue07f]*'", "postgresql": "~ '[\ue000-\ue07f]'"}
"""Words with signs are compounds."""

_FILL_WORDS = {
    "sqlite": (
        "CREATE VIRTUAL TABLE temp.indexed USING fts5vocab('main', '{index}', 'row')",
        "INSERT INTO words (word) SELECT term FROM temp.indexed WHERE NOT term {signed} ON CONFLICT DO NOTHING",
        "INSERT INTO compounds (word) SELECT term FROM temp.indexed WHERE term {signed} ON CONFLICT DO NOTHING",
        "DROP TABLE temp.indexed",
    ),
    "postgresql": tuple(
        f"INSERT INTO {table} (word) SELECT word FROM {{index}}, unnest(tsvector_to_array(words)) AS word"  # noqa: S608 - no input
        f" WHERE {no}word {{signed}} EXCEPT SELECT word FROM {table}"
        for table, no in zip(TABLES, ("NOT ", ""), strict=True)
    ),
}

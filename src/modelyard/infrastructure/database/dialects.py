"""The few constructs that SQLite and PostgreSQL write differently."""

from typing import Any

from sqlalchemy import (
    Boolean,
    ColumnElement,
    FromClause,
    Integer,
    Select,
    Text,
    bindparam,
    literal,
    literal_column,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import GenericFunction

LONGEST_INDEXED = 250
"""Characters of a value that PostgreSQL's indexes hold."""


class json_object(GenericFunction[str]):  # noqa: N801 - named as SQL names functions
    """Aggregates two columns to the text of one JSON object, sorted by its keys; `{}` over no rows.

    SQLite walks a primary key that begins with them. Floats come back bit by bit, but a whole one as an integer.
    """

    type = Text()
    inherit_cache = True
    name = "modelyard_json_object"


class json_array(GenericFunction[str]):  # noqa: N801 - named as SQL names functions
    """Aggregates a column to the text of one JSON array; `[]` over no rows."""

    type = Text()
    inherit_cache = True
    name = "modelyard_json_array"


class ascii_lower(GenericFunction[str]):  # noqa: N801 - named as SQL names functions
    """Text with the letters A to Z in lower case, and no other character changed."""

    type = Text()
    inherit_cache = True
    name = "modelyard_ascii_lower"


class same_text(GenericFunction[bool]):  # noqa: N801 - named as SQL names functions
    """Whether a text column equals a value of at most `LONGEST_INDEXED` characters, found by an index.

    PostgreSQL refuses index rows of more than 2,704 bytes, so its indexes leave longer values out.
    """

    type = Boolean()
    inherit_cache = True
    name = "modelyard_same_text"

    def self_group(self, against: object = None) -> "same_text":  # noqa: ARG002 - SQLAlchemy's own signature
        """Itself, in parentheses already. SQLAlchemy would write `= 1` behind it, and SQLite then uses no index."""
        return self


class unindexed(GenericFunction[Any]):  # noqa: N801 - named as SQL names functions
    """A column whose condition is only to be checked: SQLite, which knows no numbers of rows, uses no index for it."""

    inherit_cache = True
    name = "modelyard_unindexed"


class letter_case_folded(GenericFunction[str]):  # noqa: N801 - named as SQL names functions
    """Text as `letter_case.folded` makes it: a function of this name is in both databases."""

    type = Text()
    inherit_cache = True
    name = "modelyard_folded"


@compiles(json_object, "sqlite")
def _sqlite_object(element: json_object, compiler: SQLCompiler, **kw: Any) -> str:
    return f"json_group_object({compiler.process(element.clauses, **kw)})"


@compiles(json_object, "postgresql")
def _postgresql_object(element: json_object, compiler: SQLCompiler, **kw: Any) -> str:
    key, value = (compiler.process(clause, **kw) for clause in element.clauses)
    return f"coalesce(json_object_agg({key}, {value} ORDER BY {key}), '{{}}')::text"


@compiles(json_array, "sqlite")
def _sqlite_array(element: json_array, compiler: SQLCompiler, **kw: Any) -> str:
    return f"json_group_array({compiler.process(element.clauses, **kw)})"


@compiles(json_array, "postgresql")
def _postgresql_array(element: json_array, compiler: SQLCompiler, **kw: Any) -> str:
    return f"coalesce(json_agg({compiler.process(element.clauses, **kw)}), '[]')::text"


@compiles(ascii_lower, "sqlite")
def _sqlite_ascii_lower(element: ascii_lower, compiler: SQLCompiler, **kw: Any) -> str:
    return f"lower({compiler.process(element.clauses, **kw)})"


@compiles(ascii_lower, "postgresql")
def _postgresql_ascii_lower(element: ascii_lower, compiler: SQLCompiler, **kw: Any) -> str:
    return f'lower({compiler.process(element.clauses, **kw)} COLLATE "C")'


@compiles(same_text, "sqlite")
def _sqlite_same(element: same_text, compiler: SQLCompiler, **kw: Any) -> str:
    column, value = (compiler.process(clause, **kw) for clause in element.clauses)
    return f"({column} = {value})"


@compiles(unindexed, "sqlite")
def _sqlite_unindexed(element: unindexed, compiler: SQLCompiler, **kw: Any) -> str:
    return f"+{compiler.process(element.clauses, **kw)}"


@compiles(unindexed, "postgresql")
def _postgresql_unindexed(element: unindexed, compiler: SQLCompiler, **kw: Any) -> str:
    return f"{compiler.process(element.clauses, **kw)}"


@compiles(same_text, "postgresql")
def _postgresql_same(element: same_text, compiler: SQLCompiler, **kw: Any) -> str:
    column, value = (compiler.process(clause, **kw) for clause in element.clauses)
    return f"(char_length({column}) <= {LONGEST_INDEXED} AND {column} = {value})"


class matching_glob(GenericFunction[bool]):  # noqa: N801 - named as SQL names functions
    """Whether a column matches a glob in which `*` stands for any characters, and every other character for itself."""

    type = Boolean()
    inherit_cache = True
    name = "modelyard_matching_glob"

    def __init__(self, column: ColumnElement[str], pattern: str) -> None:
        like = "".join({"*": "%", "%": "\\%", "_": "\\_"}.get(character, character) for character in pattern)
        super().__init__(column, literal(pattern.replace("[", "[[]")), literal(like))


@compiles(matching_glob, "sqlite")
def _sqlite_glob(element: matching_glob, compiler: SQLCompiler, **kw: Any) -> str:
    column, glob, _ = element.clauses
    return f"({compiler.process(column, **kw)} GLOB {compiler.process(glob, **kw)})"


@compiles(matching_glob, "postgresql")
def _postgresql_glob(element: matching_glob, compiler: SQLCompiler, **kw: Any) -> str:
    column, _, like = element.clauses
    return f"({compiler.process(column, **kw)} LIKE {compiler.process(like, **kw)})"


class one_of(GenericFunction[bool]):  # noqa: N801 - named as SQL names functions
    """Whether a key is in a list, which is the text of a JSON array and one parameter however long it is."""

    type = Boolean()
    inherit_cache = True
    name = "modelyard_one_of"

    def __init__(self, key: ColumnElement[int], parameter: str) -> None:
        super().__init__(key, bindparam(parameter, type_=Text))

    def self_group(self, against: object = None) -> "one_of":  # noqa: ARG002 - SQLAlchemy's own signature
        """As of `same_text`."""
        return self


@compiles(one_of, "sqlite")
def _sqlite_one_of(element: one_of, compiler: SQLCompiler, **kw: Any) -> str:
    key, keys = (compiler.process(clause, **kw) for clause in element.clauses)
    return f"{key} IN (SELECT value FROM json_each({keys}))"  # noqa: S608 - compiled clauses


@compiles(one_of, "postgresql")
def _postgresql_one_of(element: one_of, compiler: SQLCompiler, **kw: Any) -> str:
    key, keys = (compiler.process(clause, **kw) for clause in element.clauses)
    return f"{key} = ANY (cast(translate({keys}, '[]', '{{}}') AS bigint[]))"


def looked_up(own: Select[Any], owner: FromClause) -> ColumnElement[bool]:
    """Whether there is a row that belongs to a row of the owner, looked up for each of these by itself.

    The offset keeps PostgreSQL from making a join of it, which it would begin at whichever end it thinks is shorter.
    """
    return own.offset(literal_column("0", Integer)).correlate(owner).exists()


ONE = literal_column("1", Integer)
"""For `limit(ONE)`. SQLite plans a statement anew at each run when its LIMIT is a bound parameter.

That costs several times what reading a row by its key does.
"""

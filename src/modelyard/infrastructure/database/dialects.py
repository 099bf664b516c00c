"""The few constructs that SQLite and PostgreSQL write differently."""

from typing import Any

from sqlalchemy import Boolean, Integer, Text, literal_column
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import GenericFunction


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
    """Whether a text column equals a value, found by an index that PostgreSQL holds the first 250 characters in.

    It refuses index rows of more than 2,704 bytes, so the index cannot hold every value whole.
    """

    type = Boolean()
    inherit_cache = True
    name = "modelyard_same_text"


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
    return f"{column} = {value}"


@compiles(same_text, "postgresql")
def _postgresql_same(element: same_text, compiler: SQLCompiler, **kw: Any) -> str:
    column, value = (compiler.process(clause, **kw) for clause in element.clauses)
    return f'("left"({column}, 250) = "left"({value}, 250) AND {column} = {value})'


ONE = literal_column("1", Integer)
"""For `limit(ONE)`. SQLite plans a statement anew at each run when its LIMIT is a bound parameter.

That costs several times what reading a row by its key does.
"""

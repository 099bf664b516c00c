"""The few constructs that SQLite and PostgreSQL write differently."""

from typing import Any

from sqlalchemy import Integer, Text, literal_column
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import GenericFunction

from modelyard.infrastructure.database.letter_case import FINAL_SIGMA, SIGMA


class json_object(GenericFunction[str]):  # noqa: N801 - named as SQL names functions
    """Aggregates two columns to the text of one JSON object; `{}` over no rows."""

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


class letter_case_folded(GenericFunction[str]):  # noqa: N801 - named as SQL names functions
    """Text as `letter_case.folded` makes it."""

    type = Text()
    inherit_cache = True
    name = "modelyard_folded"


@compiles(json_object, "sqlite")
def _sqlite_object(element: json_object, compiler: SQLCompiler, **kw: Any) -> str:
    return f"json_group_object({compiler.process(element.clauses, **kw)})"


@compiles(json_object, "postgresql")
def _postgresql_object(element: json_object, compiler: SQLCompiler, **kw: Any) -> str:
    return f"coalesce(json_object_agg({compiler.process(element.clauses, **kw)}), '{{}}')::text"


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


@compiles(letter_case_folded, "postgresql")
def _postgresql_folded(element: letter_case_folded, compiler: SQLCompiler, **kw: Any) -> str:
    return f"replace(lower({compiler.process(element.clauses, **kw)}), '{FINAL_SIGMA}', '{SIGMA}')"


ONE = literal_column("1", Integer)
"""For `limit(ONE)`. SQLite plans a statement anew at each run when its LIMIT is a bound parameter.

That costs several times what reading a row by its key does.
"""

"""What searches need: values by path, an index of words, and indexes of all fields that can be sorted by."""

import json
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

KEY = sa.BigInteger().with_variant(sa.Integer, "sqlite")
TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
SORTED = {"number": "number", "size": "size_bytes", "framework": "framework_name", "owner": "created_by"}
TEXTS = {"model_texts": "models", "version_texts": "versions"}
BATCH = 1_000


def upgrade() -> None:
    """Add tables and indexes, and fill them from what is there."""
    _create_values()
    _fill_values(op.get_bind())
    op.drop_table("version_params")
    for name, column in SORTED.items():
        op.create_index(f"ix_versions_{name}", "versions", [column, "id"])
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    if not is_sqlite:
        _index_tags()
    for index, owner in TEXTS.items():
        _create_trigrams(index, owner) if is_sqlite else _create_texts(index, owner)
        op.execute(_filling(index, is_sqlite=is_sqlite))
    if not is_sqlite:  # made when the rows are there, many times sooner
        for index in TEXTS:
            op.execute(f"CREATE INDEX ix_{index}_document ON {index} USING gin (document gin_trgm_ops)")


def _create_values() -> None:
    op.create_table(
        "version_values",
        sa.Column("version_id", KEY, sa.ForeignKey("versions.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("path", TEXT, primary_key=True),
        sa.Column("place", sa.Integer, primary_key=True),
        sa.Column("text_value", TEXT, nullable=False),
        sa.Column("number_value", sa.Double),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_version_values_text",
        "version_values",
        ["path", "text_value", "version_id"],
        postgresql_where=sa.text("char_length(text_value) <= 250"),
    )
    op.create_index("ix_version_values_number", "version_values", ["path", "number_value", "version_id"])


def _index_tags() -> None:
    """Whole values instead of their beginnings, so that an index can answer by itself; long ones are left out."""
    for own in ("model", "version"):
        table, name = f"{own}_tags", f"ix_{own}_tags_value"
        op.drop_index(name, table)
        is_short = sa.text("char_length(value) <= 250")
        op.create_index(name, table, ["key", "value", f"{own}_id"], postgresql_where=is_short)


def _index_beginnings() -> None:
    for own in ("model", "version"):
        op.drop_index(f"ix_{own}_tags_value", f"{own}_tags")
        beginning = sa.text('"left"(value, 250)')
        op.create_index(f"ix_{own}_tags_value", f"{own}_tags", ["key", beginning, f"{own}_id"])


def _fill_values(connection: sa.Connection) -> None:
    connection.execute(
        sa.text(
            "INSERT INTO version_values (version_id, path, place, text_value, number_value)"
            " SELECT version_id, 'param.' || key, 0, text_value, number_value FROM version_params"
        )
    )
    last = 0
    while found := connection.execute(
        sa.text(
            "SELECT id, metadata, lineage FROM versions WHERE id > :last"
            " AND (metadata <> '{}' OR lineage <> 'null') ORDER BY id LIMIT :batch"
        ),
        {"last": last, "batch": BATCH},
    ).all():
        rows = [
            {"version_id": row.id, **value}
            for row in found
            for root, document in (("meta", row.metadata), ("lineage", row.lineage))
            for value in _values(root, json.loads(document) or {})
        ]
        if rows:
            table = sa.table("version_values", *(sa.column(name) for name in rows[0]))
            connection.execute(sa.insert(table), rows)
        last = found[-1].id


def _values(root: str, document: Any) -> Iterator[dict[str, Any]]:  # noqa: ANN401 - JSON
    """The values within a document as they were searched when this was written."""
    places: dict[str, int] = {}
    seen = set()
    for path, value in _leaves(root, document):
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        if value is None or (path, text) in seen:
            continue
        seen.add((path, text))
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        place = places.setdefault(path, 0)
        places[path] += 1
        yield {"path": path, "place": place, "text_value": text, "number_value": float(value) if is_number else None}


def _leaves(path: str, value: Any) -> Iterator[tuple[str, Any]]:  # noqa: ANN401 - JSON
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _leaves(f"{path}.{key}", inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _leaves(path, inner)
    else:
        yield path, value


def _create_trigrams(index: str, owner: str) -> None:
    """A table that keeps no text knows of no foreign key, so a trigger takes along what belongs to a row."""
    op.execute(
        f"CREATE VIRTUAL TABLE {index} USING fts5(document, content='', contentless_delete=1,"
        " tokenize='trigram case_sensitive 1', detail=none)"
    )
    op.execute(
        f"CREATE TRIGGER {owner}_lose_their_texts AFTER DELETE ON {owner}"  # noqa: S608 - names from above
        f" BEGIN DELETE FROM {index} WHERE rowid = old.id; END"
    )


def _create_texts(index: str, owner: str) -> None:
    op.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    owned = sa.ForeignKey(f"{owner}.id", ondelete="CASCADE", name=f"fk_{index}_rowid")
    op.create_table(
        index,
        sa.Column("rowid", KEY, owned, primary_key=True, autoincrement=False),
        sa.Column("document", TEXT, nullable=False),
    )


def _filling(index: str, *, is_sqlite: bool) -> str:
    join, line = ("group_concat", "char(10)") if is_sqlite else ("string_agg", "chr(10)")
    own = index.removesuffix("_texts")
    tags = f"SELECT {join}(key || {line} || value, {line}) FROM {own}_tags WHERE {own}_id = {own}s.id"  # noqa: S608
    card = f" || {line} || card" if own == "version" else ""
    source = "versions JOIN models ON models.id = versions.model_id" if own == "version" else "models"
    return (
        f"INSERT INTO {index} (rowid, document) SELECT {own}s.id, modelyard_folded(name || {line} ||"  # noqa: S608
        f" {own}s.description || {line} || coalesce(({tags}), ''){card}) FROM {source}"
    )


def downgrade() -> None:
    """Drop them; parameters go back to where they were."""
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    for index, owner in TEXTS.items():
        if is_sqlite:
            op.execute(f"DROP TRIGGER {owner}_lose_their_texts")
        op.execute(f"DROP TABLE {index}")
    for name in SORTED:
        op.drop_index(f"ix_versions_{name}", "versions")
    if not is_sqlite:
        _index_beginnings()
    _restore_params(is_sqlite=is_sqlite)
    op.drop_table("version_values")


def _restore_params(*, is_sqlite: bool) -> None:
    op.create_table(
        "version_params",
        sa.Column("version_id", KEY, sa.ForeignKey("versions.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("key", TEXT, primary_key=True),
        sa.Column("text_value", TEXT, nullable=False),
        sa.Column("number_value", sa.Double),
        sqlite_with_rowid=False,
    )
    op.execute(
        "INSERT INTO version_params SELECT version_id, substr(path, 7), text_value, number_value"
        " FROM version_values WHERE path LIKE 'param.%'"
    )
    beginning = "text_value" if is_sqlite else sa.text('"left"(text_value, 250)')
    op.create_index("ix_version_params_text", "version_params", ["key", beginning, "version_id"])
    op.create_index("ix_version_params_number", "version_params", ["key", "number_value", "version_id"])

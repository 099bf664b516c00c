"""Models and their tags."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

KEY = sa.BigInteger().with_variant(sa.Integer, "sqlite")
TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Add the tables of models."""
    op.create_table(
        "models",
        sa.Column("id", KEY, primary_key=True),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("description", TEXT, nullable=False),
        sa.Column("last_number", sa.BigInteger, nullable=False),
        sa.Column("created_at_ms", sa.BigInteger, nullable=False),
        sa.Column("created_by", TEXT, nullable=False),
        sa.Column("updated_at_ms", sa.BigInteger, nullable=False),
        sa.Column("updated_by", TEXT, nullable=False),
        sa.Column("revision", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("name", name="uq_models_name"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_models_created", "models", ["created_at_ms", "name"])
    op.create_index("ix_models_updated", "models", ["updated_at_ms", "name"])
    op.create_table(
        "model_tags",
        sa.Column("model_id", KEY, sa.ForeignKey("models.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("key", TEXT, primary_key=True),
        sa.Column("value", TEXT, nullable=False),
        sqlite_with_rowid=False,
    )
    _prepare_search()


def _prepare_search() -> None:
    on_postgresql = op.get_bind().dialect.name == "postgresql"
    # PostgreSQL refuses index rows of more than 2,704 bytes, and a value may be longer.
    value = sa.text('"left"(value, 250)') if on_postgresql else "value"
    op.create_index("ix_model_tags_value", "model_tags", ["key", value, "model_id"])
    if on_postgresql:
        op.execute(_folding(op.get_bind()))


def _folding(connection: sa.Connection) -> str:
    """`letter_case.folded` as a function of PostgreSQL.

    From release 17 on with a collation that is built in, before with one of ICU; both lower by the Unicode tables,
    whatever the locale of the database. The capital dotted I is the one letter that becomes two characters, and the
    built-in collation does not know that.
    """
    version = connection.dialect.server_version_info or (0,)
    collation = "pg_catalog.pg_c_utf8" if version >= (17,) else 'pg_catalog."und-x-icu"'
    dotted = "replace($1, U&'\\0130', U&'i\\0307')"
    return (
        "CREATE FUNCTION modelyard_folded(text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS "
        f"$$ SELECT replace(lower({dotted} COLLATE {collation}), U&'\\03C2', U&'\\03C3') $$"
    )


def downgrade() -> None:
    """Drop them, with all that they hold."""
    op.drop_table("model_tags")
    op.drop_table("models")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION modelyard_folded(text)")

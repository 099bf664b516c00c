"""Versions, their files, tags and parameters, and the aliases that point to them."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

KEY = sa.BigInteger().with_variant(sa.Integer, "sqlite")
TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Add the tables of versions and aliases."""
    _create_versions()
    op.create_index("ix_versions_model_stage", "versions", ["model_id", "stage", "stage_changed_at_ms", "number"])
    op.create_index("ix_versions_stage", "versions", ["stage", "id"])
    op.create_index("ix_versions_created", "versions", ["created_at_ms", "id"])
    op.create_index("ix_versions_updated", "versions", ["updated_at_ms", "id"])
    op.create_index("ix_versions_digest", "versions", ["digest"])
    _create_files()
    _create_tags()
    _create_params()
    _create_aliases()


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, TEXT, nullable=False)


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=False)


def _beginning(column: str) -> str | sa.TextClause:
    """PostgreSQL refuses index rows of more than 2,704 bytes, and a value may be longer."""
    return sa.text(f'"left"({column}, 250)') if op.get_bind().dialect.name == "postgresql" else column


def _of_version(*, is_primary_key: bool = True) -> sa.Column[int]:
    reference = sa.ForeignKey("versions.id", ondelete="CASCADE")
    return sa.Column("version_id", KEY, reference, primary_key=is_primary_key, nullable=False)


def _create_versions() -> None:
    content = ("metadata", "card", "files", "params", "framework", "signature", "lineage")
    op.create_table(
        "versions",
        sa.Column("id", KEY, primary_key=True),
        sa.Column("model_id", KEY, sa.ForeignKey("models.id", ondelete="CASCADE"), nullable=False),
        _number("number"),
        _text("stage"),
        _number("stage_changed_at_ms"),
        sa.Column("has_been_in_production", sa.Boolean, nullable=False),
        _text("description"),
        *(_text(name) for name in content),
        sa.Column("framework_name", TEXT),
        _text("digest"),
        _number("size_bytes"),
        sa.Column("file_count", sa.Integer, nullable=False),
        _number("created_at_ms"),
        _text("created_by"),
        _number("updated_at_ms"),
        _text("updated_by"),
        _number("revision"),
        sa.UniqueConstraint("model_id", "number", name="uq_versions_model_id"),
        sa.CheckConstraint("stage IN ('draft', 'staging', 'production', 'archived')", name=op.f("ck_versions_stage")),
        sqlite_autoincrement=True,
    )


def _create_files() -> None:
    op.create_table(
        "version_files",
        _of_version(),
        sa.Column("path", TEXT, primary_key=True),
        sa.Column("blob_id", KEY, sa.ForeignKey("blobs.id"), nullable=False),
        _text("media_type"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_version_files_blob", "version_files", ["blob_id", "version_id"])


def _create_tags() -> None:
    op.create_table(
        "version_tags",
        _of_version(),
        sa.Column("key", TEXT, primary_key=True),
        _text("value"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_version_tags_value", "version_tags", ["key", _beginning("value"), "version_id"])


def _create_params() -> None:
    op.create_table(
        "version_params",
        _of_version(),
        sa.Column("key", TEXT, primary_key=True),
        _text("text_value"),
        sa.Column("number_value", sa.Double),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_version_params_text", "version_params", ["key", _beginning("text_value"), "version_id"])
    op.create_index("ix_version_params_number", "version_params", ["key", "number_value", "version_id"])


def _create_aliases() -> None:
    op.create_table(
        "aliases",
        sa.Column("model_id", KEY, sa.ForeignKey("models.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("name", TEXT, primary_key=True),
        _of_version(is_primary_key=False),
        _number("updated_at_ms"),
        _text("updated_by"),
        _number("revision"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_aliases_version", "aliases", ["version_id"])
    op.create_index("ix_aliases_name", "aliases", ["name", "version_id"])


def downgrade() -> None:
    """Drop them, with all that they hold."""
    for table in ("aliases", "version_params", "version_tags", "version_files", "versions"):
        op.drop_table(table)

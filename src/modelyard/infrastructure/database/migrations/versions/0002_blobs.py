"""Blobs, and the uploads that bring them."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

KEY = sa.BigInteger().with_variant(sa.Integer, "sqlite")
TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Add the tables of blobs and uploads."""
    _create_blobs()
    op.create_table(
        "uploads",
        sa.Column("id", TEXT, primary_key=True),
        sa.Column("size_bytes", sa.BigInteger, nullable=False),
        sa.Column("digest", TEXT),
        sa.Column("offset_bytes", sa.BigInteger, nullable=False),
        sa.Column("writer", TEXT),
        sa.Column("writer_until_ms", sa.BigInteger),
        sa.Column("created_at_ms", sa.BigInteger, nullable=False),
        sa.Column("created_by", TEXT, nullable=False),
        sa.Column("expires_at_ms", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_uploads_expires", "uploads", ["expires_at_ms"])


def _create_blobs() -> None:
    op.create_table(
        "blobs",
        sa.Column("id", KEY, primary_key=True),
        sa.Column("digest", TEXT, nullable=False),
        sa.Column("generation", TEXT, nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("size_bytes", sa.BigInteger, nullable=False),
        sa.Column("lease_until_ms", sa.BigInteger, nullable=False),
        sa.Column("created_at_ms", sa.BigInteger, nullable=False),
        sa.Column("created_by", TEXT, nullable=False),
        sa.UniqueConstraint("digest", "generation", name="uq_blobs_digest"),
        sa.CheckConstraint("state IN ('live', 'deleting')", name=op.f("ck_blobs_state")),
        sqlite_autoincrement=True,
    )
    live = sa.text("state = 'live'")
    op.create_index("uq_blobs_live_digest", "blobs", ["digest"], unique=True, sqlite_where=live, postgresql_where=live)


def downgrade() -> None:
    """Drop them, with all that they hold."""
    op.drop_table("uploads")
    op.drop_table("blobs")

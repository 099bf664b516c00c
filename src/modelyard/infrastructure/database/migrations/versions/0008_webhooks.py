"""Webhooks and their deliveries."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

KEY = sa.BigInteger().with_variant(sa.Integer, "sqlite")
TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
HAS_NEXT = sa.text("next_at_ms IS NOT NULL")
IS_PENDING = sa.text("status = 'pending'")


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "webhooks",
        sa.Column("id", KEY, primary_key=True),
        *(sa.Column(name, TEXT, nullable=False) for name in ("url", "actions", "models", "description")),
        sa.Column("is_active", sa.Boolean, nullable=False),
        sa.Column("secret", TEXT, nullable=False),
        sa.Column("position", sa.BigInteger, nullable=False),
        sa.Column("created_at_ms", sa.BigInteger, nullable=False),
        sa.Column("created_by", TEXT, nullable=False),
        sa.Column("updated_at_ms", sa.BigInteger, nullable=False),
        sa.Column("updated_by", TEXT, nullable=False),
        sa.Column("revision", sa.BigInteger, nullable=False),
        sqlite_autoincrement=True,
    )
    _add_deliveries()
    _index_deliveries()


def _add_deliveries() -> None:
    table = "webhook_deliveries"
    owner = sa.ForeignKey("webhooks.id", ondelete="CASCADE", name="fk_webhook_deliveries_webhook_id")
    op.create_table(
        table,
        sa.Column("id", KEY, primary_key=True),
        sa.Column("webhook_id", KEY, owner, nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.Column("model_id", sa.BigInteger, nullable=False),
        sa.Column("status", TEXT, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("next_at_ms", sa.BigInteger),
        sa.Column("attempts", TEXT, nullable=False),
        sa.Column("created_at_ms", sa.BigInteger, nullable=False),
        sa.Column("ended_at_ms", sa.BigInteger),
        sa.UniqueConstraint("webhook_id", "sequence", name="uq_webhook_deliveries_webhook_id"),
        sa.CheckConstraint("status IN ('pending', 'delivered', 'dead')", name=op.f("ck_webhook_deliveries_status")),
        sqlite_autoincrement=True,
    )


def _index_deliveries() -> None:
    table = "webhook_deliveries"
    op.create_index("ix_webhook_deliveries_webhook", table, ["webhook_id", "id"])
    op.create_index(
        "ix_webhook_deliveries_next", table, ["next_at_ms"], sqlite_where=HAS_NEXT, postgresql_where=HAS_NEXT
    )
    op.create_index(
        "ix_webhook_deliveries_waiting",
        table,
        ["webhook_id", "model_id", "sequence"],
        sqlite_where=IS_PENDING,
        postgresql_where=IS_PENDING,
    )
    op.create_index("ix_webhook_deliveries_ended", table, ["ended_at_ms"])


def downgrade() -> None:
    """Drop them."""
    op.drop_table("webhook_deliveries")
    op.drop_table("webhooks")

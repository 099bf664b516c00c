"""The tables of webhooks."""

from sqlalchemy import BigInteger, Boolean, CheckConstraint, Column, Index, Integer, Table, UniqueConstraint, text

from modelyard.infrastructure.database.schema import Key, Text, made_and_changed, metadata, owned_by

webhooks = Table(
    "webhooks",
    metadata,
    Column("id", Key, primary_key=True),
    Column("url", Text, nullable=False),
    Column("actions", Text, nullable=False),
    Column("models", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("is_active", Boolean, nullable=False),
    Column("secret", Text, nullable=False),
    Column("position", BigInteger, nullable=False),
    *made_and_changed(),
    sqlite_autoincrement=True,
)

webhook_deliveries = Table(
    "webhook_deliveries",
    metadata,
    Column("id", Key, primary_key=True),
    owned_by("webhook"),
    Column("sequence", BigInteger, nullable=False),
    Column("model_id", BigInteger, nullable=False),
    Column("status", Text, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("next_at_ms", BigInteger),
    Column("attempts", Text, nullable=False),
    Column("created_at_ms", BigInteger, nullable=False),
    Column("ended_at_ms", BigInteger),
    UniqueConstraint("webhook_id", "sequence"),
    CheckConstraint("status IN ('pending', 'delivered', 'dead')", name="status"),
    Index("ix_webhook_deliveries_webhook", "webhook_id", "id"),
    Index(
        "ix_webhook_deliveries_next",
        "next_at_ms",
        sqlite_where=text("next_at_ms IS NOT NULL"),
        postgresql_where=text("next_at_ms IS NOT NULL"),
    ),
    Index(
        "ix_webhook_deliveries_waiting",
        "webhook_id",
        "model_id",
        "sequence",
        sqlite_where=text("status = 'pending'"),
        postgresql_where=text("status = 'pending'"),
    ),
    Index("ix_webhook_deliveries_ended", "ended_at_ms"),
    sqlite_autoincrement=True,
)

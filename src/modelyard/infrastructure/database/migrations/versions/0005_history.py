"""The history, and the answers remembered by idempotency key."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

KEY = sa.BigInteger().with_variant(sa.Integer, "sqlite")
TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Add the tables of events and answers."""
    _create_events()
    for name in ("model_id", "model", "actor"):
        op.create_index(f"ix_events_{name}", "events", [name, "sequence"])
    op.create_table(
        "answers",
        sa.Column("principal", TEXT, primary_key=True),
        sa.Column("key", TEXT, primary_key=True),
        sa.Column("fingerprint", TEXT, nullable=False),
        sa.Column("status", sa.Integer, nullable=False),
        sa.Column("headers", TEXT, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("expires_at_ms", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_answers_expires", "answers", ["expires_at_ms"])


def _create_events() -> None:
    op.create_table(
        "events",
        sa.Column("sequence", KEY, primary_key=True),
        sa.Column("chain", sa.BigInteger, nullable=False),
        sa.Column("position", sa.BigInteger, nullable=False),
        sa.Column("at_ms", sa.BigInteger, nullable=False),
        sa.Column("actor", TEXT, nullable=False),
        sa.Column("action", TEXT, nullable=False),
        sa.Column("model_id", sa.BigInteger, nullable=False),
        sa.Column("model", TEXT, nullable=False),
        sa.Column("version", sa.BigInteger),
        sa.Column("before", TEXT),
        sa.Column("after", TEXT),
        sa.Column("reason", TEXT, nullable=False),
        sa.Column("previous_hash", TEXT),
        sa.Column("hash", TEXT, nullable=False),
        sa.UniqueConstraint("chain", "position", name="uq_events_chain"),
        sqlite_autoincrement=True,
    )


def downgrade() -> None:
    """Drop them, with all that they hold."""
    op.drop_table("answers")
    op.drop_table("events")

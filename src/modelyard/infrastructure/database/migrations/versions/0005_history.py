"""The history, and the answers remembered by idempotency key."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

KEY = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Add the tables of events and answers."""
    _create_events()
    for name in ("model_id", "model", "actor"):
        op.create_index(f"ix_events_{name}", "events", [name, "sequence"])
    op.create_table(
        "answers",
        sa.Column("principal", sa.Text, primary_key=True),
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("fingerprint", sa.Text, nullable=False),
        sa.Column("status", sa.Integer, nullable=False),
        sa.Column("headers", sa.Text, nullable=False),
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
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("model_id", sa.BigInteger, nullable=False),
        sa.Column("model", sa.Text, nullable=False),
        sa.Column("version", sa.BigInteger),
        sa.Column("before", sa.Text),
        sa.Column("after", sa.Text),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("previous_hash", sa.Text),
        sa.Column("hash", sa.Text, nullable=False),
        sa.UniqueConstraint("chain", "position", name="uq_events_chain"),
        sqlite_autoincrement=True,
    )


def downgrade() -> None:
    """Drop them, with all that they hold."""
    op.drop_table("answers")
    op.drop_table("events")

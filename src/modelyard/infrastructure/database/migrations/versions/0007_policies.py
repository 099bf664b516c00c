"""Policies of models and of globs of names."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

KEY = sa.BigInteger().with_variant(sa.Integer, "sqlite")
TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "policies",
        sa.Column("id", KEY, primary_key=True),
        sa.Column("model_id", KEY, sa.ForeignKey("models.id", ondelete="CASCADE", name="fk_policies_model_id")),
        sa.Column("pattern", TEXT),
        sa.Column("document", TEXT, nullable=False),
        sa.Column("updated_at_ms", sa.BigInteger, nullable=False),
        sa.Column("updated_by", TEXT, nullable=False),
        sa.Column("revision", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("model_id", name="uq_policies_model_id"),
        sa.UniqueConstraint("pattern", name="uq_policies_pattern"),
        sa.CheckConstraint("(model_id IS NULL) <> (pattern IS NULL)", name=op.f("ck_policies_owner")),
        sqlite_autoincrement=True,
    )


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("policies")

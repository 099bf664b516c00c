"""Tokens of workloads know by which rule they were given, and end with that one alone."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"

KEY = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Add the rule. Tokens that were given before end: nobody could say with which rule they have to."""
    op.add_column("tokens", sa.Column("workload_identity_id", KEY))
    op.execute("DELETE FROM tokens WHERE kind = 'exchanged'")


def downgrade() -> None:
    """Drop it."""
    op.drop_column("tokens", "workload_identity_id")

"""Aliases that only those with the right to may move."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Add the mark; what is there already is not protected."""
    op.add_column("aliases", sa.Column("is_protected", sa.Boolean, nullable=False, server_default=sa.false()))


def downgrade() -> None:
    """Drop it."""
    op.drop_column("aliases", "is_protected")

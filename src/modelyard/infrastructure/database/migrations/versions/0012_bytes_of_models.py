"""How many bytes the files of a model's versions have together."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"

_SUM = """\
UPDATE models SET size_bytes = coalesce((SELECT sum(size_bytes) FROM versions WHERE model_id = models.id), 0)
"""


def upgrade() -> None:
    """Add the counter, and count what is there."""
    op.add_column("models", sa.Column("size_bytes", sa.BigInteger, nullable=False, server_default="0"))
    op.execute(_SUM)


def downgrade() -> None:
    """Drop it."""
    op.drop_column("models", "size_bytes")

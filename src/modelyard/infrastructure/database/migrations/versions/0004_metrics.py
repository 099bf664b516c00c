"""Metrics: every point, and the latest of each key."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

KEY = sa.BigInteger().with_variant(sa.Integer, "sqlite")
TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Add the tables of metrics."""
    op.create_table(
        "metric_points",
        _of_version(),
        *(sa.Column(name, TEXT, primary_key=True) for name in ("name", "dataset", "slice")),
        sa.Column("step", sa.BigInteger, primary_key=True),
        sa.Column("value", sa.Double, nullable=False),
        sa.Column("recorded_at_ms", sa.BigInteger, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "latest_metrics",
        _of_version(),
        *(sa.Column(name, TEXT, primary_key=True) for name in ("slice", "name", "dataset")),
        sa.Column("step", sa.BigInteger, nullable=False),
        sa.Column("value", sa.Double, nullable=False),
        sa.Column("recorded_at_ms", sa.BigInteger, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_latest_metrics_value", "latest_metrics", ["name", "dataset", "slice", "value", "version_id"])


def _of_version() -> sa.Column[int]:
    return sa.Column("version_id", KEY, sa.ForeignKey("versions.id", ondelete="CASCADE"), primary_key=True)


def downgrade() -> None:
    """Drop them, with all that they hold."""
    op.drop_table("latest_metrics")
    op.drop_table("metric_points")

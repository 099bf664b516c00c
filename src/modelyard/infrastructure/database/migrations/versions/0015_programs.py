"""Programs that sign in by a browser, and workloads that are trusted."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"

KEY = sa.BigInteger().with_variant(sa.Integer, "sqlite")
TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "device_sign_ins",
        sa.Column("device_hash", sa.LargeBinary, primary_key=True),
        sa.Column("user_hash", sa.LargeBinary, nullable=False),
        sa.Column("client", TEXT, nullable=False),
        sa.Column("scopes", TEXT, nullable=False),
        sa.Column("expires_at_ms", sa.BigInteger, nullable=False),
        sa.Column("polled_at_ms", sa.BigInteger),
        sa.Column("account_id", KEY),
        sa.Column("is_refused", sa.Boolean, nullable=False),
        sa.UniqueConstraint("user_hash", name="uq_device_sign_ins_user_hash"),
    )
    owner = sa.ForeignKey("accounts.id", ondelete="CASCADE", name="fk_workload_identities_account_id")
    op.create_table(
        "workload_identities",
        sa.Column("id", KEY, primary_key=True),
        sa.Column("account_id", KEY, owner, nullable=False),
        *(sa.Column(name, TEXT, nullable=False) for name in ("issuer", "audience", "subject", "scopes", "models")),
        sa.Column("ttl_seconds", sa.BigInteger, nullable=False),
        sa.Column("created_at_ms", sa.BigInteger, nullable=False),
        sa.Column("created_by", TEXT, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_workload_identities_issuer", "workload_identities", ["issuer", "id"])


def downgrade() -> None:
    """Drop them."""
    op.drop_table("workload_identities")
    op.drop_table("device_sign_ins")

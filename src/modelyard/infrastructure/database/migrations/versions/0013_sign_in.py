"""Sessions of browsers beside tokens; ways to sign in that are under way."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"

KEY = sa.BigInteger().with_variant(sa.Integer, "sqlite")
TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Add them."""
    op.add_column("tokens", sa.Column("kind", TEXT, nullable=False, server_default="token"))
    op.create_index("ix_tokens_end", "tokens", ["kind", "expires_at_ms"])
    op.create_table(
        "sign_ins",
        sa.Column("state_hash", sa.LargeBinary, primary_key=True),
        sa.Column("browser_hash", sa.LargeBinary, nullable=False),
        sa.Column("target", TEXT, nullable=False),
        sa.Column("expires_at_ms", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "device_requests",
        sa.Column("device_hash", sa.LargeBinary, primary_key=True),
        sa.Column("user_code", TEXT, nullable=False),
        *(sa.Column(name, TEXT, nullable=False) for name in ("name", "scopes", "models", "address")),
        sa.Column("account_id", KEY),
        sa.Column("is_denied", sa.Boolean, nullable=False),
        sa.Column("created_at_ms", sa.BigInteger, nullable=False),
        sa.Column("asked_at_ms", sa.BigInteger, nullable=False),
        sa.Column("expires_at_ms", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("user_code", name="uq_device_requests_user_code"),
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_table("device_requests")
    op.drop_table("sign_ins")
    op.drop_index("ix_tokens_end", "tokens")
    op.drop_column("tokens", "kind")

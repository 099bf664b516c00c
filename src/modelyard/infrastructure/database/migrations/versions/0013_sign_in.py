"""Sessions of browsers beside tokens; sign-ins by an identity provider that are under way."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"

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


def downgrade() -> None:
    """Drop them."""
    op.drop_table("sign_ins")
    op.drop_index("ix_tokens_end", "tokens")
    op.drop_column("tokens", "kind")

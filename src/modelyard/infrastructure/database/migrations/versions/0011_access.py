"""Accounts, groups, grants and tokens; who has sent which bytes."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

KEY = sa.BigInteger().with_variant(sa.Integer, "sqlite")
TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
TABLES = ("access_state", "blob_senders", "tokens", "grants", "group_members", "groups", "accounts")


def upgrade() -> None:
    """Add the tables."""
    _add_accounts()
    _add_groups()
    _add_grants()
    _add_tokens()
    op.create_table(
        "blob_senders",
        sa.Column("digest", TEXT, primary_key=True),
        sa.Column("account", TEXT, primary_key=True),
    )
    op.create_table(
        "access_state",
        sa.Column("id", KEY, primary_key=True, autoincrement=False),
        sa.Column("revision", sa.BigInteger, nullable=False),
    )


def _add_accounts() -> None:
    op.create_table(
        "accounts",
        sa.Column("id", KEY, primary_key=True),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("display_name", TEXT, nullable=False),
        sa.Column("is_active", sa.Boolean, nullable=False),
        *(sa.Column(name, TEXT) for name in ("password_hash", "issuer", "subject")),
        *_made_and_changed(),
        sa.UniqueConstraint("name", name="uq_accounts_name"),
        sa.UniqueConstraint("issuer", "subject", name="uq_accounts_issuer"),
        sa.CheckConstraint("kind IN ('person', 'service')", name=op.f("ck_accounts_kind")),
        sqlite_autoincrement=True,
    )


def _add_groups() -> None:
    op.create_table(
        "groups",
        sa.Column("id", KEY, primary_key=True),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("description", TEXT, nullable=False),
        *_made_and_changed(),
        sa.UniqueConstraint("name", name="uq_groups_name"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "group_members",
        sa.Column("group_id", KEY, primary_key=True),
        sa.Column("account_id", KEY, primary_key=True),
        sa.Column("is_claimed", sa.Boolean, nullable=False),
    )
    op.create_index("ix_group_members_account", "group_members", ["account_id", "group_id"])


def _add_grants() -> None:
    op.create_table(
        "grants",
        sa.Column("id", KEY, primary_key=True),
        sa.Column("subject_kind", TEXT, nullable=False),
        sa.Column("subject_id", KEY, nullable=False),
        sa.Column("models", TEXT, nullable=False),
        sa.Column("role", TEXT, nullable=False),
        sa.Column("created_at_ms", sa.BigInteger, nullable=False),
        sa.Column("created_by", TEXT, nullable=False),
        sa.UniqueConstraint("subject_kind", "subject_id", "models", "role", name="uq_grants_subject_kind"),
        sa.CheckConstraint("subject_kind IN ('account', 'group')", name=op.f("ck_grants_subject_kind")),
        sqlite_autoincrement=True,
    )


def _add_tokens() -> None:
    owner = sa.ForeignKey("accounts.id", ondelete="CASCADE", name="fk_tokens_account_id")
    op.create_table(
        "tokens",
        sa.Column("id", KEY, primary_key=True),
        sa.Column("account_id", KEY, owner, nullable=False),
        sa.Column("hash", sa.LargeBinary, nullable=False),
        *(sa.Column(name, TEXT, nullable=False) for name in ("ending", "name", "scopes", "models")),
        sa.Column("expires_at_ms", sa.BigInteger),
        sa.Column("created_at_ms", sa.BigInteger, nullable=False),
        sa.Column("created_by", TEXT, nullable=False),
        sa.Column("last_used_at_ms", sa.BigInteger),
        sa.Column("revoked_at_ms", sa.BigInteger),
        sa.UniqueConstraint("hash", name="uq_tokens_hash"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_tokens_account", "tokens", ["account_id", "id"])


def _made_and_changed() -> list[sa.Column[int] | sa.Column[str]]:
    return [
        sa.Column("created_at_ms", sa.BigInteger, nullable=False),
        sa.Column("created_by", TEXT, nullable=False),
        sa.Column("updated_at_ms", sa.BigInteger, nullable=False),
        sa.Column("updated_by", TEXT, nullable=False),
        sa.Column("revision", sa.BigInteger, nullable=False),
    ]


def downgrade() -> None:
    """Drop them."""
    for table in TABLES:
        op.drop_table(table)

"""Policies of models and of globs of names, requests for approval, and an index of what tells the past."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

KEY = sa.BigInteger().with_variant(sa.Integer, "sqlite")
TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
IS_OPEN = sa.text("status = 'open'")
OF_PLACES = sa.text("action IN ('version.stage_changed', 'version.deleted', 'alias.moved', 'alias.deleted')")


def _owned_by(table: str, owner: str) -> sa.Column[int]:
    name = f"fk_{table}_{owner}_id"
    return sa.Column(f"{owner}_id", KEY, sa.ForeignKey(f"{owner}s.id", ondelete="CASCADE", name=name), nullable=False)


def upgrade() -> None:
    """Add the tables and the index."""
    _add_policies()
    _add_requests()
    _add_approvals()
    op.create_index(
        "ix_events_places",
        "events",
        ["model_id", "sequence"],
        sqlite_where=OF_PLACES,
        postgresql_where=OF_PLACES,
    )


def _add_policies() -> None:
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


def _add_requests() -> None:
    op.create_table(
        "approval_requests",
        sa.Column("id", KEY, primary_key=True),
        _owned_by("approval_requests", "model"),
        _owned_by("approval_requests", "version"),
        *(sa.Column(name, TEXT, nullable=False) for name in ("to_stage", "from_stage")),
        *(sa.Column(name, TEXT, nullable=False) for name in ("version_seal", "policy_seal", "reason")),
        sa.Column("created_at_ms", sa.BigInteger, nullable=False),
        sa.Column("created_by", TEXT, nullable=False),
        sa.Column("expires_at_ms", sa.BigInteger, nullable=False),
        sa.Column("status", TEXT, nullable=False),
        sa.Column("closed_at_ms", sa.BigInteger),
        sa.Column("closed_by", TEXT),
        sa.Column("closed_reason", TEXT),
        sa.Column("revision", sa.BigInteger, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_approval_requests_model", "approval_requests", ["model_id", "id"])
    op.create_index(
        "uq_approval_requests_open",
        "approval_requests",
        ["version_id", "to_stage"],
        unique=True,
        sqlite_where=IS_OPEN,
        postgresql_where=IS_OPEN,
    )


def _add_approvals() -> None:
    op.create_table(
        "approvals",
        sa.Column(
            "request_id",
            KEY,
            sa.ForeignKey("approval_requests.id", ondelete="CASCADE", name="fk_approvals_request_id"),
            nullable=False,
        ),
        sa.Column("approver", TEXT),
        sa.Column("at_ms", sa.BigInteger, nullable=False),
        sa.Column("reason", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("request_id", "approver", name="pk_approvals"),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_index("ix_events_places", "events")
    for table in ("approvals", "approval_requests", "policies"):
        op.drop_table(table)

"""The tables of policies and approvals."""

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Index, Table, UniqueConstraint, text

from modelyard.infrastructure.database.schema import Key, Text, metadata, owned_by

policies = Table(
    "policies",
    metadata,
    Column("id", Key, primary_key=True),
    Column("model_id", Key, ForeignKey("models.id", ondelete="CASCADE")),
    Column("pattern", Text),
    Column("document", Text, nullable=False),
    Column("updated_at_ms", BigInteger, nullable=False),
    Column("updated_by", Text, nullable=False),
    Column("revision", BigInteger, nullable=False),
    UniqueConstraint("model_id"),
    UniqueConstraint("pattern"),
    CheckConstraint("(model_id IS NULL) <> (pattern IS NULL)", name="owner"),
    sqlite_autoincrement=True,
)

approval_requests = Table(
    "approval_requests",
    metadata,
    Column("id", Key, primary_key=True),
    owned_by("model"),
    owned_by("version"),
    Column("to_stage", Text, nullable=False),
    Column("from_stage", Text, nullable=False),
    Column("version_seal", Text, nullable=False),
    Column("policy_seal", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("created_at_ms", BigInteger, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("expires_at_ms", BigInteger, nullable=False),
    Column("status", Text, nullable=False),
    Column("closed_at_ms", BigInteger),
    Column("closed_by", Text),
    Column("closed_reason", Text),
    Column("revision", BigInteger, nullable=False),
    Index("ix_approval_requests_model", "model_id", "id"),
    Index(
        "uq_approval_requests_open",
        "version_id",
        "to_stage",
        unique=True,
        sqlite_where=text("status = 'open'"),
        postgresql_where=text("status = 'open'"),
    ),
    sqlite_autoincrement=True,
)

approvals = Table(
    "approvals",
    metadata,
    Column("request_id", Key, ForeignKey("approval_requests.id", ondelete="CASCADE"), primary_key=True),
    Column("approver", Text, primary_key=True),
    Column("at_ms", BigInteger, nullable=False),
    Column("reason", Text, nullable=False),
    sqlite_with_rowid=False,
)

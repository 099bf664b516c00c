"""The schema, as the newest migration leaves it (a test holds the two against each other).

Moments are whole milliseconds since 1970 (UTC), so that both databases compare and index them alike. JSON is kept as
text. Surrogate keys are never used twice: history and cursors hold them.

On PostgreSQL the indexes of tag values and of other values by path leave long values out (`dialects.same_text`).
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    UniqueConstraint,
    false,
    text,
)

from modelyard.infrastructure.database.access_tables import (
    access_state,
    accounts,
    blob_senders,
    grants,
    group_members,
    groups,
    sign_ins,
    tokens,
)
from modelyard.infrastructure.database.dialects import LONGEST_INDEXED
from modelyard.infrastructure.database.promotion_tables import approval_requests, approvals, policies
from modelyard.infrastructure.database.schema import Key, Text, made_and_changed, metadata, owned_by
from modelyard.infrastructure.database.webhook_tables import webhook_deliveries, webhooks

__all__ = [
    "OF_PLACES", "access_state", "accounts", "aliases", "answers",
    "approval_requests", "approvals", "blob_senders", "blobs", "events", "grants", "group_members",
    "groups", "latest_metrics", "metadata", "metric_points", "model_tags", "models", "orphans", "policies", "sign_ins",
    "tokens", "uploads", "version_files", "version_tags", "version_values", "versions", "webhook_deliveries",
    "webhooks",
]  # fmt: skip

OF_PLACES = "action IN ('version.stage_changed', 'version.deleted', 'alias.moved', 'alias.deleted')"
"""Events that tell which version held which stage and alias. A query has to hold these very words to find them."""

SHORT_VALUE = text(f"char_length(value) <= {LONGEST_INDEXED}")

models = Table(
    "models",
    metadata,
    Column("id", Key, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("description", Text, nullable=False),
    Column("last_number", BigInteger, nullable=False),
    *made_and_changed(),
    Column("size_bytes", BigInteger, nullable=False, server_default="0"),
    Index("ix_models_created", "created_at_ms", "name"),
    Index("ix_models_updated", "updated_at_ms", "name"),
    sqlite_autoincrement=True,
)

model_tags = Table(
    "model_tags",
    metadata,
    Column("model_id", Key, ForeignKey("models.id", ondelete="CASCADE"), primary_key=True),
    Column("key", Text, primary_key=True),
    Column("value", Text, nullable=False),
    Index("ix_model_tags_value", "key", "value", "model_id", postgresql_where=SHORT_VALUE),
    sqlite_with_rowid=False,
)

blobs = Table(
    "blobs",
    metadata,
    Column("id", Key, primary_key=True),
    Column("digest", Text, nullable=False),
    Column("generation", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("lease_until_ms", BigInteger, nullable=False),
    Column("created_at_ms", BigInteger, nullable=False),
    Column("created_by", Text, nullable=False),
    UniqueConstraint("digest", "generation"),
    CheckConstraint("state IN ('live', 'quarantined', 'deleting')", name="state"),
    Index(
        "uq_blobs_live_digest",
        "digest",
        unique=True,
        sqlite_where=text("state = 'live'"),
        postgresql_where=text("state = 'live'"),
    ),
    sqlite_autoincrement=True,
)

orphans = Table(
    "orphans",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("generation", Text, primary_key=True),
    Column("size_bytes", BigInteger, nullable=False),
    Column("first_seen_ms", BigInteger, nullable=False),
    Column("last_seen_ms", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

uploads = Table(
    "uploads",
    metadata,
    Column("id", Text, primary_key=True),
    Column("size_bytes", BigInteger, nullable=False),
    Column("digest", Text),
    Column("offset_bytes", BigInteger, nullable=False),
    Column("writer", Text),
    Column("writer_until_ms", BigInteger),
    Column("created_at_ms", BigInteger, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("expires_at_ms", BigInteger, nullable=False),
    Index("ix_uploads_expires", "expires_at_ms"),
)

versions = Table(
    "versions",
    metadata,
    Column("id", Key, primary_key=True),
    owned_by("model"),
    Column("number", BigInteger, nullable=False),
    Column("stage", Text, nullable=False),
    Column("stage_changed_at_ms", BigInteger, nullable=False),
    Column("has_been_in_production", Boolean, nullable=False),
    Column("description", Text, nullable=False),
    Column("metadata", Text, nullable=False),
    Column("card", Text, nullable=False),
    Column("files", Text, nullable=False),
    Column("params", Text, nullable=False),
    Column("framework", Text, nullable=False),
    Column("signature", Text, nullable=False),
    Column("lineage", Text, nullable=False),
    Column("framework_name", Text),
    Column("digest", Text, nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("file_count", Integer, nullable=False),
    *made_and_changed(),
    UniqueConstraint("model_id", "number"),
    CheckConstraint("stage IN ('draft', 'staging', 'production', 'archived')", name="stage"),
    Index("ix_versions_model_stage", "model_id", "stage", "stage_changed_at_ms", "number"),
    Index("ix_versions_stage", "stage", "id"),
    Index("ix_versions_created", "created_at_ms", "id"),
    Index("ix_versions_updated", "updated_at_ms", "id"),
    Index("ix_versions_digest", "digest"),
    Index("ix_versions_number", "number", "id"),
    Index("ix_versions_size", "size_bytes", "id"),
    Index("ix_versions_framework", "framework_name", "id"),
    Index("ix_versions_owner", "created_by", "id"),
    sqlite_autoincrement=True,
)

version_files = Table(
    "version_files",
    metadata,
    Column("version_id", Key, ForeignKey("versions.id", ondelete="CASCADE"), primary_key=True),
    Column("path", Text, primary_key=True),
    Column("blob_id", Key, ForeignKey("blobs.id"), nullable=False),
    Column("media_type", Text, nullable=False),
    Index("ix_version_files_blob", "blob_id", "version_id"),
    sqlite_with_rowid=False,
)

version_tags = Table(
    "version_tags",
    metadata,
    Column("version_id", Key, ForeignKey("versions.id", ondelete="CASCADE"), primary_key=True),
    Column("key", Text, primary_key=True),
    Column("value", Text, nullable=False),
    Index("ix_version_tags_value", "key", "value", "version_id", postgresql_where=SHORT_VALUE),
    sqlite_with_rowid=False,
)

version_values = Table(
    "version_values",
    metadata,
    Column("version_id", Key, ForeignKey("versions.id", ondelete="CASCADE"), primary_key=True),
    Column("path", Text, primary_key=True),
    Column("place", Integer, primary_key=True),
    Column("text_value", Text, nullable=False),
    Column("number_value", Double),
    Index(
        "ix_version_values_text",
        "path",
        "text_value",
        "version_id",
        postgresql_where=text(f"char_length(text_value) <= {LONGEST_INDEXED}"),
    ),
    Index("ix_version_values_number", "path", "number_value", "version_id"),
    sqlite_with_rowid=False,
)

aliases = Table(
    "aliases",
    metadata,
    Column("model_id", Key, ForeignKey("models.id", ondelete="CASCADE"), primary_key=True),
    Column("name", Text, primary_key=True),
    Column("version_id", Key, ForeignKey("versions.id", ondelete="CASCADE"), nullable=False),
    Column("updated_at_ms", BigInteger, nullable=False),
    Column("updated_by", Text, nullable=False),
    Column("revision", BigInteger, nullable=False),
    Column("is_protected", Boolean, nullable=False, server_default=false()),
    Index("ix_aliases_version", "version_id"),
    Index("ix_aliases_name", "name", "version_id"),
    sqlite_with_rowid=False,
)

metric_points = Table(
    "metric_points",
    metadata,
    Column("version_id", Key, ForeignKey("versions.id", ondelete="CASCADE"), primary_key=True),
    Column("name", Text, primary_key=True),
    Column("dataset", Text, primary_key=True),
    Column("slice", Text, primary_key=True),
    Column("step", BigInteger, primary_key=True),
    Column("value", Double, nullable=False),
    Column("recorded_at_ms", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

latest_metrics = Table(
    "latest_metrics",
    metadata,
    Column("version_id", Key, ForeignKey("versions.id", ondelete="CASCADE"), primary_key=True),
    Column("slice", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("dataset", Text, primary_key=True),
    Column("step", BigInteger, nullable=False),
    Column("value", Double, nullable=False),
    Column("recorded_at_ms", BigInteger, nullable=False),
    Index("ix_latest_metrics_value", "name", "dataset", "slice", "value", "version_id"),
    sqlite_with_rowid=False,
)

events = Table(
    "events",
    metadata,
    Column("sequence", Key, primary_key=True),
    Column("chain", BigInteger, nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("at_ms", BigInteger, nullable=False),
    Column("actor", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("model_id", BigInteger, nullable=False),
    Column("model", Text, nullable=False),
    Column("version", BigInteger),
    Column("before", Text),
    Column("after", Text),
    Column("reason", Text, nullable=False),
    Column("previous_hash", Text),
    Column("hash", Text, nullable=False),
    UniqueConstraint("chain", "position"),
    Index("ix_events_model_id", "model_id", "sequence"),
    Index("ix_events_model", "model", "sequence"),
    Index("ix_events_actor", "actor", "sequence"),
    Index(
        "ix_events_places",
        "model_id",
        "sequence",
        sqlite_where=text(OF_PLACES),
        postgresql_where=text(OF_PLACES),
    ),
    sqlite_autoincrement=True,
)

answers = Table(
    "answers",
    metadata,
    Column("principal", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("fingerprint", Text, nullable=False),
    Column("status", Integer, nullable=False),
    Column("headers", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("expires_at_ms", BigInteger, nullable=False),
    Index("ix_answers_expires", "expires_at_ms"),
)

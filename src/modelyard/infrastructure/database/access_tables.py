"""The tables of who may do what."""

from sqlalchemy import BigInteger, Boolean, CheckConstraint, Column, Index, LargeBinary, Table, UniqueConstraint

from modelyard.infrastructure.database.schema import Key, Text, made_and_changed, metadata, owned_by

accounts = Table(
    "accounts",
    metadata,
    Column("id", Key, primary_key=True),
    Column("name", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("display_name", Text, nullable=False),
    Column("is_active", Boolean, nullable=False),
    Column("password_hash", Text),
    Column("issuer", Text),
    Column("subject", Text),
    *made_and_changed(),
    UniqueConstraint("name"),
    UniqueConstraint("issuer", "subject"),
    CheckConstraint("kind IN ('person', 'service')", name="kind"),
    sqlite_autoincrement=True,
)

groups = Table(
    "groups",
    metadata,
    Column("id", Key, primary_key=True),
    Column("name", Text, nullable=False),
    Column("description", Text, nullable=False),
    *made_and_changed(),
    UniqueConstraint("name"),
    sqlite_autoincrement=True,
)

group_members = Table(
    "group_members",
    metadata,
    Column("group_id", Key, primary_key=True),
    Column("account_id", Key, primary_key=True),
    Column("is_claimed", Boolean, nullable=False),
    Index("ix_group_members_account", "account_id", "group_id"),
)

grants = Table(
    "grants",
    metadata,
    Column("id", Key, primary_key=True),
    Column("subject_kind", Text, nullable=False),
    Column("subject_id", Key, nullable=False),
    Column("models", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("created_at_ms", BigInteger, nullable=False),
    Column("created_by", Text, nullable=False),
    UniqueConstraint("subject_kind", "subject_id", "models", "role"),
    CheckConstraint("subject_kind IN ('account', 'group')", name="subject_kind"),
    sqlite_autoincrement=True,
)

tokens = Table(
    "tokens",
    metadata,
    Column("id", Key, primary_key=True),
    owned_by("account"),
    Column("hash", LargeBinary, nullable=False),
    Column("ending", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("scopes", Text, nullable=False),
    Column("models", Text, nullable=False),
    Column("expires_at_ms", BigInteger),
    Column("created_at_ms", BigInteger, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("last_used_at_ms", BigInteger),
    Column("revoked_at_ms", BigInteger),
    Column("kind", Text, nullable=False, server_default="token"),
    Column("workload_identity_id", Key),
    UniqueConstraint("hash"),
    Index("ix_tokens_account", "account_id", "id"),
    Index("ix_tokens_end", "kind", "expires_at_ms"),
    sqlite_autoincrement=True,
)

blob_senders = Table(
    "blob_senders",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("account", Text, primary_key=True),
)
"""Who has sent bytes, and so has had them. It outlives the bytes: they may come again."""

access_state = Table(
    "access_state",
    metadata,
    Column("id", Key, primary_key=True, autoincrement=False),
    Column("revision", BigInteger, nullable=False),
)
"""At most one row, whose revision grows with every change that may take a right away or give one."""

sign_ins = Table(
    "sign_ins",
    metadata,
    Column("state_hash", LargeBinary, primary_key=True),
    Column("browser_hash", LargeBinary, nullable=False),
    Column("target", Text, nullable=False),
    Column("expires_at_ms", BigInteger, nullable=False),
)
"""Who was sent to the identity provider and has not come back. Hashes of secrets that the browser holds."""

device_sign_ins = Table(
    "device_sign_ins",
    metadata,
    Column("device_hash", LargeBinary, primary_key=True),
    Column("user_hash", LargeBinary, nullable=False),
    Column("client", Text, nullable=False),
    Column("scopes", Text, nullable=False),
    Column("expires_at_ms", BigInteger, nullable=False),
    Column("polled_at_ms", BigInteger),
    Column("account_id", Key),
    Column("is_refused", Boolean, nullable=False),
    UniqueConstraint("user_hash"),
)
"""Programs that wait for somebody to allow them in a browser. Hashes of the codes that they and people hold."""

workload_identities = Table(
    "workload_identities",
    metadata,
    Column("id", Key, primary_key=True),
    owned_by("account"),
    Column("issuer", Text, nullable=False),
    Column("audience", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("scopes", Text, nullable=False),
    Column("models", Text, nullable=False),
    Column("ttl_seconds", BigInteger, nullable=False),
    Column("created_at_ms", BigInteger, nullable=False),
    Column("created_by", Text, nullable=False),
    Index("ix_workload_identities_issuer", "issuer", "id"),
    sqlite_autoincrement=True,
)

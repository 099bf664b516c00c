"""Quarantined blobs, and files that no row names."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

KEY = sa.BigInteger().with_variant(sa.Integer, "sqlite")
TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
STATE = "ck_blobs_state"
BEFORE = "state IN ('live', 'deleting')"
AFTER = "state IN ('live', 'quarantined', 'deleting')"


def upgrade() -> None:
    """Let blobs be quarantined, and add the table of orphans."""
    _allow(AFTER)
    op.create_table(
        "orphans",
        sa.Column("digest", TEXT, primary_key=True),
        sa.Column("generation", TEXT, primary_key=True),
        sa.Column("size_bytes", sa.BigInteger, nullable=False),
        sa.Column("first_seen_ms", sa.BigInteger, nullable=False),
        sa.Column("last_seen_ms", sa.BigInteger, nullable=False),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    """Drop the table, and serve quarantined blobs again, where no others have taken their place."""
    op.drop_table("orphans")
    op.execute(
        "UPDATE blobs SET state = 'deleting' WHERE state = 'quarantined' "
        "AND digest IN (SELECT digest FROM blobs WHERE state = 'live')"
    )
    op.execute("UPDATE blobs SET state = 'live' WHERE state = 'quarantined'")
    _allow(BEFORE)


def _allow(states: str) -> None:
    """SQLite cannot change a constraint: there the table is built anew, from this description and not from its own.

    Its own tells nothing of constraints.
    """
    before = AFTER if states == BEFORE else BEFORE
    with op.batch_alter_table("blobs", copy_from=_blobs(before)) as batch:
        batch.drop_constraint(op.f(STATE), type_="check")
        batch.create_check_constraint(op.f(STATE), states)


def _blobs(states: str) -> sa.Table:
    live = sa.text("state = 'live'")
    return sa.Table(
        "blobs",
        sa.MetaData(),
        sa.Column("id", KEY, primary_key=True),
        sa.Column("digest", TEXT, nullable=False),
        sa.Column("generation", TEXT, nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("size_bytes", sa.BigInteger, nullable=False),
        sa.Column("lease_until_ms", sa.BigInteger, nullable=False),
        sa.Column("created_at_ms", sa.BigInteger, nullable=False),
        sa.Column("created_by", TEXT, nullable=False),
        sa.UniqueConstraint("digest", "generation", name="uq_blobs_digest"),
        sa.CheckConstraint(states, name=op.f(STATE)),
        sa.Index("uq_blobs_live_digest", "digest", unique=True, sqlite_where=live, postgresql_where=live),
        sqlite_autoincrement=True,
    )

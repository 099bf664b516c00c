"""What all tables share: names of constraints, types, and columns."""

from sqlalchemy import BigInteger, Column, ForeignKey, Integer, MetaData
from sqlalchemy import Text as PlainText

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)

Key = BigInteger().with_variant(Integer, "sqlite")
Text = PlainText().with_variant(PlainText(collation="C"), "postgresql")
"""Sorts by code point on both: SQLite always does, PostgreSQL only where it is told to."""


def made_and_changed() -> list[Column[int] | Column[str]]:
    """The columns of what is made and changed by somebody."""
    return [
        Column("created_at_ms", BigInteger, nullable=False),
        Column("created_by", Text, nullable=False),
        Column("updated_at_ms", BigInteger, nullable=False),
        Column("updated_by", Text, nullable=False),
        Column("revision", BigInteger, nullable=False),
    ]


def owned_by(owner: str) -> Column[int]:
    """A reference to the row without which this one is nothing."""
    return Column(f"{owner}_id", Key, ForeignKey(f"{owner}s.id", ondelete="CASCADE"), nullable=False)

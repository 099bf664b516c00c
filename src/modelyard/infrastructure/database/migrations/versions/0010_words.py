"""Indexes of whole words instead of trigrams, and a vocabulary that knows which words hold a text."""

import sqlalchemy as sa
from alembic import op

from modelyard.infrastructure.database.vocabulary import words_of

revision = "0010"
down_revision = "0009"

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
TEXTS = ("model_texts", "version_texts")
TABLES = ("words", "compounds")
SIGNS = "[\ue000-\ue07f]"
"""What compounds have, and words have not."""

BATCH = 5_000
TOGETHER = 1_000


def upgrade() -> None:
    """Make them from what is there."""
    if op.get_bind().dialect.name == "sqlite":
        _upgrade_sqlite()
    else:
        _upgrade_postgresql()


def _upgrade_sqlite() -> None:
    for table in TABLES:
        op.create_table(
            table, sa.Column("id", sa.Integer, primary_key=True), sa.Column("word", TEXT, nullable=False, unique=True)
        )
        _create_index(f"{table}_grams", "word", "trigram case_sensitive 1")
        # A word is told apart from what it is part of by marks around it. FTS5 writes a part of its index at each
        # savepoint, so words are cut into trigrams by the thousand; searches look through those that wait.
        op.execute(
            f"CREATE TRIGGER {table}_have_their_grams AFTER INSERT ON {table} WHEN new.id % {TOGETHER} = 0 BEGIN"  # noqa: S608
            f" INSERT INTO {table}_grams (rowid, word) SELECT id, char(2) || word || char(3) FROM {table}"
            f" WHERE id > (SELECT coalesce(max(id), 0) FROM {table}_grams_docsize); END"
        )
        op.execute(
            f"CREATE TRIGGER {table}_lose_their_grams AFTER DELETE ON {table}"  # noqa: S608 - names from above
            f" BEGIN DELETE FROM {table}_grams WHERE rowid = old.id; END"
        )
    for index in TEXTS:
        op.execute(f"DROP TABLE {index}")
        _create_index(index, "document", "ascii")
        op.execute(_filling(index, "modelyard_words"))
        op.execute(f"CREATE VIRTUAL TABLE temp.indexed USING fts5vocab('main', '{index}', 'row')")
        for table, no in zip(TABLES, ("NOT", ""), strict=True):
            op.execute(
                f"INSERT INTO {table} (word) SELECT term FROM temp.indexed"  # noqa: S608 - names from above
                f" WHERE {no} term GLOB '*{SIGNS}*' ON CONFLICT DO NOTHING"
            )
        op.execute("DROP TABLE temp.indexed")


def _create_index(name: str, column: str, tokenize: str) -> None:
    op.execute(
        f"CREATE VIRTUAL TABLE {name} USING fts5({column}, content='', contentless_delete=1,"
        f" tokenize='{tokenize}', detail=none)"
    )


def _filling(index: str, made: str) -> str:
    own = index.removesuffix("_texts")
    tags = f"SELECT group_concat(key || char(10) || value, char(10)) FROM {own}_tags WHERE {own}_id = {own}s.id"  # noqa: S608
    card = " || char(10) || card" if own == "version" else ""
    source = "versions JOIN models ON models.id = versions.model_id" if own == "version" else "models"
    return (
        f"INSERT INTO {index} (rowid, document) SELECT {own}s.id, {made}(name || char(10) ||"  # noqa: S608
        f" {own}s.description || char(10) || coalesce(({tags}), ''){card}) FROM {source}"
    )


def _upgrade_postgresql() -> None:
    """The words of a row, and the ranges of keys in which it lies: see `key_ranges`."""
    for table in TABLES:
        # Not unique: two changes that add the same word at once must not wait for each other.
        op.create_table(table, sa.Column("word", TEXT, nullable=False))
        op.create_index(f"ix_{table}_word", table, ["word"])
    for index in TEXTS:
        op.execute(f"DROP INDEX ix_{index}_document")
        op.execute(f"ALTER TABLE {index} ADD COLUMN words tsvector")
        _fill_words(op.get_bind(), index)
        op.execute(f"ALTER TABLE {index} ALTER COLUMN words SET NOT NULL")
        for table, no in zip(TABLES, ("NOT", ""), strict=True):
            op.execute(
                f"INSERT INTO {table} (word) SELECT word FROM {index},"  # noqa: S608 - names from above
                f" unnest(tsvector_to_array(words)) AS word WHERE {no} word ~ '{SIGNS}' EXCEPT SELECT word FROM {table}"
            )
        # What waits to be sorted in is read by each search, so it must not become much.
        op.execute(
            f"CREATE INDEX ix_{index}_words ON {index} USING gin"
            " (words, (ARRAY[rowid / 1024, -1 - rowid / 65536])) WITH (gin_pending_list_limit = 256)"
        )
    for table in TABLES:
        op.execute(
            f"CREATE INDEX ix_{table}_grams ON {table} USING gin (word gin_trgm_ops)"
            " WITH (gin_pending_list_limit = 256)"
        )


def _fill_words(connection: sa.Connection, index: str) -> None:
    last = 0
    select = f"SELECT rowid, document FROM {index} WHERE rowid > :last ORDER BY rowid LIMIT {BATCH}"  # noqa: S608
    while found := connection.execute(sa.text(select), {"last": last}).all():
        keys, words = [row.rowid for row in found], [" ".join(words_of(row.document)) for row in found]
        connection.execute(
            sa.text(
                f"UPDATE {index} SET words = array_to_tsvector(string_to_array(held, ' '))"  # noqa: S608
                " FROM unnest(cast(:keys AS bigint[]), cast(:words AS text[])) AS made(key, held) WHERE rowid = key"
            ),
            {"keys": keys, "words": words},
        )
        last = keys[-1]


def downgrade() -> None:
    """Back to trigrams."""
    if op.get_bind().dialect.name == "sqlite":
        for index in TEXTS:
            op.execute(f"DROP TABLE {index}")
            _create_index(index, "document", "trigram case_sensitive 1")
            op.execute(_filling(index, "modelyard_folded"))
        for table in TABLES:
            op.execute(f"DROP TABLE {table}")
            op.execute(f"DROP TABLE {table}_grams")
        return
    for index in TEXTS:
        op.execute(f"ALTER TABLE {index} DROP COLUMN words")
        op.execute(f"CREATE INDEX ix_{index}_document ON {index} USING gin (document gin_trgm_ops)")
    for table in TABLES:
        op.drop_table(table)

"""Who has sent which bytes, in a table."""

from collections.abc import Collection, Iterator, Set

from sqlalchemy import Connection, Insert, exists, or_, select
from sqlalchemy.dialects import postgresql, sqlite

from modelyard.application.ports.blobs import BlobState
from modelyard.domain.access.standing import Visibility
from modelyard.domain.digest import Digest
from modelyard.infrastructure.database.tables import blob_senders, blobs, models, version_files, versions
from modelyard.infrastructure.database.visibility import names_shown

_AT_ONCE = 500
_NOTE: dict[str, Insert] = {
    "sqlite": sqlite.insert(blob_senders).on_conflict_do_nothing(),
    "postgresql": postgresql.insert(blob_senders).on_conflict_do_nothing(),
}


class SqlSenders:
    """`Senders` on a connection inside a transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def note(self, digests: Collection[Digest], account: str) -> None:
        """In the order of digests, as all who write several do."""
        rows = [{"digest": digest, "account": account} for digest in sorted(set(digests))]
        if rows:
            self._connection.execute(_NOTE[self._connection.dialect.name], rows)

    def referable(self, digests: Collection[Digest], account: str, visible: Visibility) -> Set[Digest]:
        """By primary keys and the index of references."""
        return {digest for some in _batches(digests) for digest in self._referable(some, account, visible)}

    def _referable(self, digests: Collection[Digest], account: str, visible: Visibility) -> Iterator[Digest]:
        has_sent = exists().where(blob_senders.c.digest == blobs.c.digest, blob_senders.c.account == account)
        may_read = (
            exists()
            .where(version_files.c.blob_id == blobs.c.id, versions.c.id == version_files.c.version_id)
            .where(models.c.id == versions.c.model_id, names_shown(models.c.name, visible))
        )
        asked = select(blobs.c.digest).where(
            blobs.c.digest.in_(digests), blobs.c.state == BlobState.LIVE, or_(has_sent, may_read)
        )
        return map(Digest, self._connection.execute(asked).scalars())


def _batches(digests: Collection[Digest]) -> Iterator[list[Digest]]:
    listed = list(dict.fromkeys(digests))
    return (listed[start : start + _AT_ONCE] for start in range(0, len(listed), _AT_ONCE))

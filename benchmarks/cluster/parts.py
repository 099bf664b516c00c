"""PostgreSQL and an object store for a benchmark: those of the tests, from their wheels, on this machine."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from benchmarks.servers import CannotServe
from modelyard.infrastructure.database import migrate
from tests.postgresql_server import NoServer, serving
from tests.servers.seaweedfs import new_bucket, seaweedfs


@contextmanager
def shared_parts(folder: Path, volumes: int = 100) -> Iterator[dict[str, str]]:
    """What servers need to know to share one registry; database and bucket are new, and gone afterwards.

    Args:
        folder: Where the object store keeps its bytes.
        volumes: How many times 256 MiB it may take.

    Raises:
        CannotServe: PostgreSQL does not run here.
    """
    folder.mkdir()
    with ExitStack() as stack:
        try:
            url = stack.enter_context(stack.enter_context(serving()).database())
        except NoServer as reason:
            raise CannotServe(str(reason)) from reason
        migrate.upgrade(url)
        bucket = new_bucket(stack.enter_context(seaweedfs(folder, volumes=volumes)))
        yield {"MODELYARD_DATABASE_URL": url, **bucket.environment()}

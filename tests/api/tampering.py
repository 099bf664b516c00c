"""Changes to a registry's database and store behind its back."""

from contextlib import closing

import psycopg
import pysqlite3.dbapi2 as driver
from obstore.store import S3Store

from modelyard.bootstrap.settings import Settings
from tests.servers.seaweedfs import S3Bucket


def execute(settings: Settings, statement: str) -> None:
    """Run one statement on the database of either kind, and commit it."""
    url = settings.database_url
    if url.startswith("sqlite:///"):
        connection = driver.connect(url.removeprefix("sqlite:///"), isolation_level=None)
    else:
        connection = psycopg.connect(url, autocommit=True)
    with closing(connection):
        connection.execute(statement)


def flip_a_bit_in(bucket: S3Bucket, digest: str) -> None:
    """Of the first byte of the object that holds these bytes."""
    store = S3Store.from_url(bucket.url, client_options={"allow_http": True})
    [path] = [path for path in bucket.objects() if digest.removeprefix("sha256:") in path]
    content = bytes(store.get(path).bytes())
    store.put(path, bytes([content[0] ^ 1]) + content[1:])

"""Changes to a registry's database behind its back."""

from contextlib import closing

import psycopg
import pysqlite3.dbapi2 as driver

from modelyard.bootstrap.settings import Settings


def execute(settings: Settings, statement: str) -> None:
    """Run one statement on the database of either kind, and commit it."""
    url = settings.database_url
    if url.startswith("sqlite:///"):
        connection = driver.connect(url.removeprefix("sqlite:///"), isolation_level=None)
    else:
        connection = psycopg.connect(url, autocommit=True)
    with closing(connection):
        connection.execute(statement)

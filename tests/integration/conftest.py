"""Fixtures of more than one of these files."""

from collections.abc import Iterator

import pytest

from modelyard.infrastructure.database import migrate
from tests.postgresql_server import NoServer, StartedServer, started


@pytest.fixture
def own_server() -> Iterator[StartedServer]:
    """A server that the test may stop."""
    try:
        with started() as server:
            migrate.upgrade(server.url)
            yield server
    except NoServer as reason:
        pytest.skip(str(reason))

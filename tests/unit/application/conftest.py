import pytest

from modelyard.application.ports.database import Database
from modelyard.application.services.transfer import Transfer
from modelyard.infrastructure.blobs.in_memory import InMemoryBlobStore
from tests.unit.application.transfers import LIMITS


@pytest.fixture
def store() -> InMemoryBlobStore:
    return InMemoryBlobStore()


@pytest.fixture
def transfer(database: Database, store: InMemoryBlobStore) -> Transfer:
    return Transfer(database, store, LIMITS)

"""What tests need to be there: drafts, and models and versions made from them."""

import itertools
import secrets
from datetime import timedelta
from typing import Any, cast

from faker import Faker
from sqlalchemy import Executable, select, update

from modelyard.application.ports.blob_store import BlobKey
from modelyard.application.ports.database import Database, Transaction
from modelyard.application.ports.events import EventFilter
from modelyard.application.services import aliasing, catalog, measuring, promotion, publishing
from modelyard.domain.digest import digest_of
from modelyard.domain.event import Event
from modelyard.domain.lifecycle import Stage
from modelyard.domain.metric import MetricKey
from modelyard.domain.model_version import Content, File, ModelVersion, VersionDraft
from modelyard.domain.principal import Principal
from modelyard.domain.reference import ByNumber
from modelyard.domain.registered_model import ModelDraft, RegisteredModel
from modelyard.infrastructure.database.tables import blobs, metadata
from modelyard.infrastructure.database.transaction import SqlTransaction

ADA = Principal("ada")
BOB = Principal("bob")

Dump = dict[str, list[tuple[Any, ...]]]

_faker = Faker()
_faker.seed_instance(2026)
_serial = itertools.count(1)


def model_draft(**fields: Any) -> ModelDraft:
    """A model as a person would describe it, under a name that no other draft has."""
    made = {
        "name": f"{_faker.word()}-{next(_serial)}",
        "description": _faker.sentence(),
        "tags": {"team": _faker.word(), "owner": _faker.first_name()},
    }
    return ModelDraft(**made | fields)


def version_draft(*files: File, **fields: Any) -> VersionDraft:
    """A version of these files; fields of its content and fields beside it are told apart by name."""
    of_content = {name: fields.pop(name) for name in ("params", "framework", "signature", "lineage") if name in fields}
    return VersionDraft(content=Content(files=files, **of_content), **fields)


def add_blob(tx: Transaction, content: bytes) -> File:
    """Record bytes as stored; no store is asked for them."""
    key = BlobKey(digest=digest_of(content), generation=secrets.token_hex(8))
    tx.blobs.add(key, len(content), by=ADA.name, at=tx.now, lease_until=tx.now + timedelta(hours=1))
    return File(path=f"{key.digest[7:15]}.bin", digest=key.digest, size_bytes=len(content))


def execute(tx: Transaction, statement: Executable) -> None:
    """Change what no use case changes."""
    cast("SqlTransaction", tx).connection.execute(statement)


def dump_of(tx: Transaction) -> Dump:
    """All rows of all tables."""
    connection = cast("SqlTransaction", tx).connection
    return {
        table.name: sorted(tuple(row) for row in connection.execute(select(table))) for table in metadata.sorted_tables
    }


class Workshop:
    """Makes models and versions by the use cases, as ADA."""

    def __init__(self, database: Database) -> None:
        self.database = database

    async def model(self, name: str | None = None, **fields: Any) -> RegisteredModel:
        draft = model_draft(**fields | ({"name": name} if name else {}))
        return await self.database.write(catalog.create_model, ADA, draft)

    async def blob(self, content: bytes) -> File:
        return await self.database.write(add_blob, content)

    async def version(self, model: str, *files: File, **fields: Any) -> ModelVersion:
        return await self.database.write(publishing.register_version, ADA, model, version_draft(*files, **fields))

    async def move(self, version: ModelVersion, *stages: Stage) -> ModelVersion:
        """Take a version through stages, one after the other."""
        for stage in stages:
            change = promotion.StageChange(to_stage=stage)
            moved = await self.database.write(
                promotion.change_stage, ADA, version.model, ByNumber(version.number), change
            )
            version = moved.version
        return version

    async def alias(self, version: ModelVersion, name: str, *, is_protected: bool = False) -> None:
        target = ByNumber(version.number)
        await self.database.write(
            aliasing.point_alias, ADA, version.model, name, target, None, is_protected=is_protected
        )

    async def measure(self, version: ModelVersion, name: str, value: float, **key: str) -> None:
        entry = measuring.Measurement(key=MetricKey(name=name, **key), step=0, value=value, recorded_at=None)
        await self.database.write(measuring.append_metrics, ADA, version.model, ByNumber(version.number), [entry])

    async def set_blob_state(self, file: File, state: str) -> None:
        """What only the collector does otherwise."""
        change = update(blobs).where(blobs.c.digest == file.digest).values(state=state)
        await self.database.write(execute, change)

    async def read(self, version: ModelVersion) -> ModelVersion:
        return await self.database.read(publishing.read_version, version.model, ByNumber(version.number))

    async def events(self) -> list[Event]:
        """The whole history, the oldest first."""
        return list(
            await self.database.scan(
                lambda tx: tx.events.page(EventFilter(), beyond=None, is_descending=False, limit=100_000)
            )
        )

    async def dump(self) -> Dump:
        return await self.database.scan(dump_of)

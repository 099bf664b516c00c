"""The index of words and of values by path goes with every change."""

import asyncio
from typing import cast

import pytest
from sqlalchemy import text

from modelyard.application.ports.database import Database, Transaction
from modelyard.application.queries.listing import list_models, list_versions
from modelyard.application.queries.page import PageRequest
from modelyard.application.services import catalog, publishing
from modelyard.domain.errors import QueryTooCostly
from modelyard.domain.model_version import VersionPatch
from modelyard.domain.reference import ByNumber
from modelyard.domain.registered_model import ModelPatch
from modelyard.infrastructure.database import search_limit
from modelyard.infrastructure.database.transaction import SqlTransaction
from tests.factories import ADA, Workshop


async def versions(database: Database, q: str) -> list[str]:
    page = await database.scan(list_versions, None, PageRequest(q=q))
    return [f"{version.model}:{version.number}" for version in page.items]


def indexed(tx: Transaction) -> set[int]:
    rows = cast("SqlTransaction", tx).connection.execute(text("SELECT rowid FROM version_texts"))
    return {row[0] for row in rows}


async def test_words_follow_every_change_of_a_version(database: Database, workshop: Workshop) -> None:
    await workshop.model("churn", description="", tags={})
    await workshop.version("churn", description="before", card="OLD card", metadata={"a": {"b": "before"}})
    patch = VersionPatch(description="after", tags={"new": "tag"}, metadata={"a": {"b": "after"}}, card="fresh")
    await database.write(publishing.update_version, ADA, "churn", ByNumber(1), patch, None)

    for q in ("before", '"old card"', "meta.a.b:before"):
        assert await versions(database, q) == [], q
    for q in ("after", "fresh", '"tag"', "meta.a.b:after", "tag.new:tag"):
        assert await versions(database, q) == ["churn:1"], q


async def test_words_follow_the_name_of_a_model_and_its_description(database: Database, workshop: Workshop) -> None:
    await workshop.model("churn", description="leaving", tags={})
    await workshop.version("churn", description="first")
    await database.sweep(catalog.rename_model, ADA, "churn", "attrition", None)
    await database.write(catalog.update_model, ADA, "attrition", ModelPatch(description="going"), None)

    assert await versions(database, "churn") == []
    assert await versions(database, "attrition first") == ["attrition:1"]
    for q, found in {"churn": [], "leaving": [], "attrition": ["attrition"], "going": ["attrition"]}.items():
        page = await database.scan(list_models, PageRequest(q=q))
        assert [model.name for model in page.items] == found, q


async def test_what_is_deleted_leaves_no_words_behind(database: Database, workshop: Workshop) -> None:
    await workshop.model("churn", tags={})
    await workshop.model("fraud", tags={})
    first, second = await workshop.version("churn"), await workshop.version("churn")
    kept = await workshop.version("fraud")
    await database.sweep(publishing.delete_version, ADA, "churn", ByNumber(first.number), None, is_forced=False)
    assert await database.scan(indexed) == {second.id, kept.id}
    await database.sweep(catalog.delete_model, ADA, "churn", None, is_forced=False)

    assert await database.scan(indexed) == {kept.id}


async def test_a_search_that_takes_too_long_is_ended_and_the_next_one_works(
    database: Database, workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On SQLite by our own clock, on PostgreSQL by its own: both are set to next to nothing."""
    await workshop.model("churn", tags={})
    await asyncio.gather(*(workshop.version("churn", card="words " * 5_000) for _ in range(40)))
    costly = PageRequest(q=" or ".join(f"zz{letter} not q{letter}" for letter in "abcdefghijklmnop"))

    def hurried(tx: Transaction) -> object:
        connection = cast("SqlTransaction", tx).connection
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT set_config('statement_timeout', '1ms', true)"))
        return list_versions(tx, None, costly)

    with monkeypatch.context() as patch:
        patch.setattr(search_limit, "SECONDS", -1.0)
        patch.setattr(search_limit, "_STEPS", 100)
        with pytest.raises(QueryTooCostly):
            await database.scan(hurried)

    assert len(await versions(database, "")) == 40

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from modelyard.application.ports.database import Database, Transaction
from modelyard.application.ports.search import Rows, SortKey, Window
from modelyard.application.queries.listing import list_models, list_versions
from modelyard.application.queries.page import PageRequest
from modelyard.domain.lifecycle import Stage
from modelyard.domain.query import EVERYTHING, Words
from modelyard.domain.query.letter_case import folded
from modelyard.domain.registered_model import RegisteredModel
from tests.factories import Workshop
from tests.strategies import texts

FRAUD_TAGS = {"team": "risk", "note": "100%_sure", "Größe": "groß"}


@pytest.fixture
async def registry(workshop: Workshop) -> None:
    """Two models with two versions each, told apart by every field."""
    await workshop.model("fraud", description="Finds STOLEN cards", tags=FRAUD_TAGS)
    await workshop.model("churn", description="Leaving customers, CAFÉ", tags={"team": "Growth"})
    file = await workshop.blob(b"weights")
    first = await workshop.version(
        "fraud", file, description="Baseline", tags={"team": "risk", "a.b": "x:y z"}, card="# A Card",
        framework={"name": "sklearn", "version": "1"}, params={"depth": 6, "rate": 0.5, "on": True, "kind": "Gini"},
    )  # fmt: skip
    await workshop.move(first, Stage.STAGING, Stage.PRODUCTION)
    await workshop.alias(first, "champion")
    await workshop.version(
        "fraud", description="50%", params={"depth": 7, "big": 1e20, "list": [1, 2], "none": None, "one": 1.0}
    )
    await workshop.version("churn", card="ΟΔΟΣ ΔΓ", tags={"legacy": ""})
    torch = await workshop.version("churn", framework={"name": "torch", "version": "2"})
    await workshop.alias(torch, "challenger")


async def found_versions(database: Database, q: str, model: str | None = None) -> list[str]:
    page = await database.scan(list_versions, model, PageRequest(q=q, sort="model,number"))
    return [f"{version.model}:{version.number}" for version in page.items]


async def found_models(database: Database, q: str) -> list[str]:
    return [model.name for model in (await database.scan(list_models, PageRequest(q=q))).items]


@pytest.mark.usefixtures("registry")
@pytest.mark.parametrize(
    ("q", "found"),
    [
        ("", "churn:1 churn:2 fraud:1 fraud:2"),
        ("model:fraud", "fraud:1 fraud:2"),
        ("name:churn", "churn:1 churn:2"),
        ("name:Churn", ""),
        ("number:2", "churn:2 fraud:2"),
        ("number:9223372036854775807", ""),
        ("stage:production", "fraud:1"),
        ("stage:draft", "churn:1 churn:2 fraud:2"),
        ("alias:champion", "fraud:1"),
        ("alias:*", "churn:2 fraud:1"),
        ("framework:sklearn", "fraud:1"),
        ("framework:*", "churn:2 fraud:1"),
        ("owner:ada", "churn:1 churn:2 fraud:1 fraud:2"),
        ("owner:bob", ""),
        ("tag.team:risk", "fraud:1"),
        ("tag.team:Risk", ""),
        ('tag.a.b:"x:y z"', "fraud:1"),
        ("tag.legacy:*", "churn:1"),
        ('tag.legacy:""', "churn:1"),
        ("param.depth:6", "fraud:1"),
        ("param.depth:*", "fraud:1 fraud:2"),
        ("param.rate:0.5", "fraud:1"),
        ("param.on:true", "fraud:1"),
        ("param.kind:Gini", "fraud:1"),
        ("param.big:1e+20", "fraud:2"),
        ("param.one:1.0", "fraud:2"),
        ("param.one:1", "fraud:2"),
        ('param.one:"1"', ""),
        ('param.list:"[1,2]"', "fraud:2"),
        ("param.none:null", "fraud:2"),
        ("stage:draft tag.legacy:*", "churn:1"),
        ("stage:draft and param.depth:7", "fraud:2"),
        ("stage:production param.depth:7", ""),
    ],
)
async def test_a_field_finds_the_versions_that_have_exactly_this_value(database: Database, q: str, found: str) -> None:
    assert await found_versions(database, q) == found.split()
    counted = await database.scan(list_versions, None, PageRequest(q=q, is_counted=True))
    assert counted.total == len(found.split())


@pytest.mark.usefixtures("registry")
async def test_a_digest_finds_the_versions_with_this_content(database: Database) -> None:
    first = (await database.scan(list_versions, "fraud", PageRequest(q="number:1"))).items[0]

    assert await found_versions(database, f"digest:{first.digest}") == ["fraud:1"]


@pytest.mark.usefixtures("registry")
async def test_a_search_within_one_model_finds_nothing_of_others(database: Database) -> None:
    assert await found_versions(database, "number:2", "fraud") == ["fraud:2"]
    assert await found_versions(database, "alias:challenger", "fraud") == []


@pytest.mark.usefixtures("registry")
@pytest.mark.parametrize(
    ("q", "found"),
    [
        ("", "churn fraud"),
        ("model:fraud", "fraud"),
        ("owner:ada", "churn fraud"),
        ("tag.team:risk", "fraud"),
        ("tag.note:*", "fraud"),
        ('tag.note:"100%_sure"', "fraud"),
        ("tag.note:100_", ""),
    ],
)
async def test_a_field_finds_the_models_that_have_exactly_this_value(database: Database, q: str, found: str) -> None:
    assert await found_models(database, q) == found.split()


@pytest.mark.usefixtures("registry")
@pytest.mark.parametrize(
    ("q", "found"),
    [
        ("RAUD", "fraud"),
        ("stolen", "fraud"),
        ('"stolen cards"', "fraud"),
        ('"stolen  cards"', ""),
        ("stolen cards", "fraud"),
        ("stolen customers", ""),
        ("growth", "churn"),
        ("TEAM", "churn fraud"),
        ("0%_s", "fraud"),
        ("0_s", ""),
        ('"%"', "fraud"),
        ('"_"', "fraud"),
        ('"/"', ""),
        ("café", "churn"),
        ("CAFÉ", "churn"),
        ("cafe", ""),
        ("GRÖSSE", ""),
        ("GRÖẞE", "fraud"),
        ("Groß", "fraud"),
    ],
)
async def test_words_find_models_by_name_description_and_tags(database: Database, q: str, found: str) -> None:
    assert await found_models(database, q) == found.split()


@pytest.mark.usefixtures("registry")
@pytest.mark.parametrize(
    ("q", "found"),
    [
        ("fraud", "fraud:1 fraud:2"),
        ("baseline", "fraud:1"),
        ("card", "fraud:1"),
        ("a.B", "fraud:1"),
        ('"Y Z"', "fraud:1"),
        ("50%", "fraud:2"),
        ("5_%", ""),
        ("stolen", ""),
        ("οδο", "churn:1"),
        ("οδοσ", "churn:1"),
        ("ΟΔΟΣ", "churn:1"),
        ('"δος δγ"', "churn:1"),
        ("legacy stage:draft", "churn:1"),
    ],
)
async def test_words_find_versions_by_model_description_card_and_tags(database: Database, q: str, found: str) -> None:
    assert await found_versions(database, q) == found.split()


def found_by(tx: Transaction, text: str) -> Rows[RegisteredModel]:
    return tx.search.models(Words(text), Window(sort=(SortKey("id", is_descending=True),), after=None, limit=2))


@settings(max_examples=60)
@given(texts, texts, st.integers(0, 30), st.integers(1, 10))
@example("x_y%z/'\"\\", "", 1, 4)
@example("ΔΣ Γ", "", 0, 2)
@example("İstanbul", "", 1, 4)
async def test_any_part_of_a_text_finds_it_whatever_its_letter_case(
    workshop: Workshop, text: str, other: str, start: int, length: int
) -> None:
    model = await workshop.model(description=text, tags={})
    await workshop.model(description=other, tags={})
    part = text[start : start + length]
    for wanted in (part, part.upper() if part.upper().lower() == part.lower() else part, folded(part)):
        if not wanted.strip() or folded(wanted) not in folded(text) or (wanted.isascii() and not part.isascii()):
            continue
        rows = await workshop.database.scan(found_by, wanted)
        assert model.name in {row.name for row in rows.items}


async def test_everything_is_found_by_no_condition(database: Database, workshop: Workshop) -> None:
    await workshop.model("churn")

    assert await database.scan(lambda tx: tx.search.count_models(EVERYTHING, at_most=10)) == 1
    assert await database.scan(lambda tx: tx.search.count_versions(EVERYTHING, None, at_most=10)) == 0

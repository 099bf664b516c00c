import itertools
import re
import tomllib
from pathlib import Path

import pytest

from tests.docs.guide import ROOT

RECORDS = sorted((ROOT / "docs" / "decisions").glob("*.md"))
HEADINGS = ["Context", "Decision", "Consequences", "Alternatives"]

each_record = pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.stem)


def dependencies() -> set[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = [*project["dependencies"], *itertools.chain(*project["optional-dependencies"].values())]
    return {re.split(r"[\s<>=\[]", dependency)[0] for dependency in declared}


@each_record
def test_a_record_has_at_most_60_lines(record: Path) -> None:
    assert len(record.read_text(encoding="utf-8").splitlines()) <= 60


@each_record
def test_a_record_has_the_four_headings_and_its_number(record: Path) -> None:
    text = record.read_text(encoding="utf-8")
    assert re.findall(r"(?m)^## (.+)$", text) == HEADINGS
    assert text.startswith(f"# {record.stem[:4]}: ")


def test_records_are_numbered_without_gaps() -> None:
    assert [record.stem[:4] for record in RECORDS] == [f"{number:04}" for number in range(1, len(RECORDS) + 1)]


@each_record
def test_the_map_leads_to_a_record(record: Path) -> None:
    assert f"](docs/decisions/{record.name})" in (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")


def test_each_dependency_of_the_product_has_a_reason() -> None:
    [record] = [record for record in RECORDS if record.stem.endswith("dependencies")]
    rows = re.findall(r"(?m)^\| ([a-z0-9-]+) \| .+ \| .+ \|$", record.read_text(encoding="utf-8"))
    assert set(rows) - {"package"} == dependencies()

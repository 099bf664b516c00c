import re
from pathlib import Path

import pytest

from demo.screenshots.__main__ import CHOSEN
from demo.screenshots.places import OPEN
from modelyard.bootstrap.settings import declared_settings
from modelyard.client.variables import CLIENT_VARIABLES
from tests.docs.guide import ROOT, pages

README = (ROOT / "README.md").read_text(encoding="utf-8")
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
TARGETS = set(re.findall(r"(?m)^([a-z][a-z-]*):", MAKEFILE))
PAGES = [str(page.relative_to(ROOT)) for page in pages()]


def text_of(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PAGES)
def test_every_target_of_make_that_a_page_names_exists(page: str) -> None:
    named = set(re.findall(r"(?m)(?:^|`)make ([a-z][a-z-]*)", text_of(page)))
    assert named - TARGETS == set()


def test_the_readme_names_what_a_reader_needs_of_make() -> None:
    named = set(re.findall(r"\bmake ([a-z][a-z-]*)", README))
    assert named >= TARGETS - {"setup", "format", "clean"}


@pytest.mark.parametrize("page", PAGES)
def test_every_setting_that_a_page_names_exists(page: str) -> None:
    named = set(re.findall(r"MODELYARD_[A-Z_]*[A-Z]", text_of(page)))
    assert named - {setting.variable for setting in declared_settings()} - set(CLIENT_VARIABLES) == set()


def test_the_readme_leads_to_every_page() -> None:
    written = {path for path in PAGES if Path(path).parent in {Path(), Path("docs")}} - {"README.md"}
    assert [path for path in sorted(written) if f"]({path})" not in README] == []


def test_the_readme_shows_the_pictures_that_are_taken_for_it_and_they_are_small() -> None:
    taken = {f"{name}-{look.suffix}.webp" for name, look in CHOSEN}
    pictures = {picture.name: picture.stat().st_size for picture in (ROOT / "docs" / "pictures").iterdir()}
    assert set(re.findall(r"docs/pictures/([\w-]+\.webp)", README)) == pictures.keys() == taken
    assert sum(pictures.values()) < 600 * 1024
    assert {name for name, _ in CHOSEN} <= OPEN.keys()

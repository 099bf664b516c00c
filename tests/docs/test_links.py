import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from tests.docs.guide import ROOT, pages

HOSTS = {
    "receiver.invalid",
    "models.invalid",
    "ci.invalid",
    "kubernetes.default.svc",
    "127.0.0.1",
    "localhost",
    "www.rfc-editor.org",
    "sqlite.org",
    "www.sqlite.org",
}
"""Nothing outside this machine, but for standards and SQLite's own documentation."""

_FENCED = re.compile(r"(?ms)^```.*?^```$")
_CODE = re.compile(r"`[^`\n]*`")
_TARGET = re.compile(r"\]\(([^)\s]+)\)")
_HEADING = re.compile(r"(?m)^#{1,6} (.+)$")
_URL = re.compile(r"https?://[^\s)\"'`>\],=]+")

PAGES = [str(page.relative_to(ROOT)) for page in pages()]


def prose_of(page: Path) -> str:
    """The page without its code: what stands there is no link."""
    return _CODE.sub("", _FENCED.sub("", page.read_text(encoding="utf-8")))


def anchors_of(page: Path) -> set[str]:
    """The anchors that headings get: lower case, hyphens for spaces, no other signs, a number for repeated ones."""
    anchors: list[str] = []
    for heading in _HEADING.findall(_FENCED.sub("", page.read_text(encoding="utf-8"))):
        name = re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")
        anchors.append(f"{name}-{anchors.count(name)}" if name in anchors else name)
    return set(anchors)


def broken_links(page: Path) -> Iterator[str]:
    for target in _TARGET.findall(prose_of(page)):
        parts = urlsplit(target)
        if not parts.scheme and not is_there(page, unquote(parts.path), parts.fragment):
            yield target


def is_there(page: Path, path: str, anchor: str) -> bool:
    file = (page.parent / path).resolve() if path else page
    is_ours = not path or file.is_relative_to(ROOT)
    return is_ours and file.exists() and (not anchor or anchor in anchors_of(file))


@pytest.mark.parametrize("page", PAGES)
def test_every_link_within_the_project_leads_somewhere(page: str) -> None:
    assert list(broken_links(ROOT / page)) == []


@pytest.mark.parametrize("page", PAGES)
def test_no_page_names_an_address_outside_but_for_standards(page: str) -> None:
    addresses = _URL.findall((ROOT / page).read_text(encoding="utf-8"))
    assert [address for address in addresses if urlsplit(address).hostname not in HOSTS] == []


@pytest.mark.parametrize("page", PAGES)
def test_no_page_shows_an_image_from_elsewhere(page: str) -> None:
    assert re.findall(r"!\[[^\]]*\]\(\w+:[^)]*\)", (ROOT / page).read_text(encoding="utf-8")) == []


def test_a_broken_link_is_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# A `b`: c!\n[here](#a-b-c) [there](#nowhere) `[no](link.md)` [gone](gone.md)\n", encoding="utf-8")
    assert anchors_of(page) == {"a-b-c"}
    assert list(broken_links(page)) == ["#nowhere", "gone.md"]

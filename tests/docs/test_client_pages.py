"""The Python of the client's pages, run in the order of each page, against a registry of its own."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.docs.guide import ADDRESS, PATIENCE_SECONDS, ROOT, blocks_of
from tests.integration.server_process import REAL, running


def python_of(page: str) -> list[str]:
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    return [body for language, _, body in blocks_of(text) if language == "python"]


def run_blocks(blocks: list[str], folder: Path, **variables: str) -> str:
    """One program of all blocks, in an empty folder; what it prints."""
    with running(REAL, folder / "data") as server:
        (folder / "work").mkdir()
        program = folder / "page.py"
        program.write_text("\n".join(blocks).replace(ADDRESS, server.url), encoding="utf-8")
        ended: subprocess.CompletedProcess[str] = subprocess.run(
            [sys.executable, "-W", "error", program],
            cwd=folder / "work",
            env={**outside(folder), "MODELYARD_URL": server.url, **variables},
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE_SECONDS,
        )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def outside(folder: Path) -> Mapping[str, str]:
    return {"PATH": os.environ["PATH"], "HOME": str(folder), "LC_ALL": "C.UTF-8"}


@pytest.mark.parametrize(
    ("page", "printed"), [("tutorial.md", "['good enough', 'no worse']"), ("client.md", "wine: 3 files")]
)
def test_the_python_of_a_page_runs(page: str, printed: str, tmp_path: Path) -> None:
    assert printed in run_blocks(python_of(page), tmp_path)


def test_the_flavour_of_the_page_is_found_and_keeps_its_models(tmp_path: Path) -> None:
    """Installed as pip would: the module, and the metadata with the entry point."""
    module, use = python_of("flavours.md")
    site = tmp_path / "site"
    metadata = site / "wordcounts-1.2.0.dist-info"
    metadata.mkdir(parents=True)
    (site / "wordcounts.py").write_text(module, encoding="utf-8")
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: wordcounts\nVersion: 1.2.0\n", encoding="utf-8")
    (metadata / "entry_points.txt").write_text(entry_points(), encoding="utf-8")
    run_blocks([use], tmp_path, PYTHONPATH=str(site))


def entry_points() -> str:
    """As the page's pyproject.toml declares them."""
    text = (ROOT / "docs" / "flavours.md").read_text(encoding="utf-8")
    [declared] = [body for language, _, body in blocks_of(text) if language == "toml"]
    line = declared.strip().splitlines()[-1]
    return f"[modelyard.flavours]\n{line.replace(chr(34), '')}\n"

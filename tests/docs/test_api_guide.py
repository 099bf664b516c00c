import json
import re
import shutil
from pathlib import Path

import pytest

from modelyard.bootstrap.container import build_context
from modelyard.bootstrap.settings import Settings
from modelyard.presentation.api.app import create_api
from tests.docs.guide import ROOT, blocks_of, examples_of, is_shown, pages, run_examples
from tests.integration.server_process import REAL, running

GUIDES = (
    "README.md",
    "docs/getting-started.md",
    "docs/concepts.md",
    "docs/query-language.md",
    "docs/api.md",
    "docs/operations.md",
)
API_GUIDE = "docs/api.md"

needs_curl = pytest.mark.skipif(shutil.which("curl") is None, reason="the examples are written for curl")


def route_patterns(folder: Path) -> dict[str, re.Pattern[str]]:
    """What a log line of each route's requests looks like: `GET /api/v1/models/churn`."""
    api = create_api(build_context(Settings(data_dir=folder)))
    return {
        f"{method.upper()} {path}": re.compile(
            f"{method.upper()} {re.sub(r'{path}', '.+', re.sub(r'{(?!path)[a-z_]+}', '[^/]+', path))}"
        )
        for path, operations in api.openapi()["paths"].items()
        for method in operations
    }


def requests_in(log: str) -> set[str]:
    records = (json.loads(line) for line in log.splitlines() if line.startswith("{"))
    return {f"{record['method']} {record['path']}" for record in records if record["logger"] == "modelyard.access"}


@needs_curl
@pytest.mark.parametrize("guide", GUIDES)
def test_the_examples_of_a_page_print_what_it_shows(guide: str, tmp_path: Path) -> None:
    examples = list(examples_of((ROOT / guide).read_text(encoding="utf-8")))
    assert examples
    with running(REAL, tmp_path / "data") as server:
        faults = run_examples(examples, tmp_path / "work", server.url)
    if faults:
        pytest.fail("\n\n".join(faults), pytrace=False)


@needs_curl
def test_the_guide_shows_each_route_at_work(tmp_path: Path) -> None:
    examples = list(examples_of((ROOT / API_GUIDE).read_text(encoding="utf-8")))
    with running(REAL, tmp_path / "data", MODELYARD_ACCESS_LOG="true", MODELYARD_LOG_FORMAT="json") as server:
        run_examples(examples, tmp_path / "work", server.url)
        _, log = server.stop()
    requested = requests_in(log)
    patterns = route_patterns(tmp_path)
    assert [route for route, pattern in patterns.items() if not any(map(pattern.fullmatch, requested))] == []


def test_every_page_whose_examples_call_a_server_is_run() -> None:
    calling = {
        str(page.relative_to(ROOT))
        for page in pages()
        for language, _, body in blocks_of(page.read_text(encoding="utf-8"))
        if re.search(r"\bcurl\b", body)
    }
    assert calling - set(GUIDES) == set()


@pytest.mark.parametrize("guide", GUIDES)
def test_no_example_stands_in_a_block_that_is_not_run(guide: str) -> None:
    text = (ROOT / guide).read_text(encoding="utf-8")
    skipped = [
        line for language, line, body in blocks_of(text) if language not in {"console", "bash"} and "curl" in body
    ]
    assert skipped == []


@pytest.mark.parametrize(
    ("shown", "printed", "verdict"),
    [
        ('{"a": 1}', '{"a":1}', True),
        ('{"a": 1}', '{"a":2}', False),
        ('{"a": …}', '{"a":{"b":[1,2]}}', True),
        ('{"a": 1, …, "z": 9}', '{"a":1,"b":2,"z":9}', True),
        ('{"a": 1, …, "z": 9}', '{"a":1,"z":9}', False),
        ("…b…a…", "ab", False),
        ("…a…", "bac", True),
        ("a…a", "a", False),
        ("", "a", False),
    ],
)
def test_what_a_page_leaves_out_is_all_that_may_differ(shown: str, printed: str, verdict: bool) -> None:
    assert is_shown(shown, printed) is verdict


def test_a_failing_example_is_told_with_its_line(tmp_path: Path) -> None:
    page = "\n```console\n$ echo one\ntwo\n$ false\n$ echo urn:modelyard:error:x\n$ echo a \\\n    b\na b\n```\n"
    faults = run_examples(list(examples_of(page)), tmp_path / "work", "http://127.0.0.1:1")
    assert [fault.splitlines()[:2] for fault in faults] == [
        ["line 3: echo one", "prints"],
        ["line 5: false", "ended with 1"],
        ["line 6: echo urn:modelyard:error:x", "was refused, and the page does not say so"],
    ]

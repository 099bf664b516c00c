import os
import shutil
import sys
from pathlib import Path

import pytest

from tests.architecture.project import ROOT, run

TEST = "tests/web/browser/test_scripts.py::test_light_and_dark_are_switched_and_stay"


@pytest.fixture
def without_browser(tmp_path: Path) -> dict[str, str]:
    """An environment in which no browser is found, but all else that is needed."""
    for name in ("sh", "id", "printf", "env"):
        found = shutil.which(name)
        if found:
            (tmp_path / name).symlink_to(found)
    kept = {name: value for name, value in os.environ.items() if name not in {"CI", "PATH"}}
    return {**kept, "PATH": str(tmp_path)}


def test_without_a_browser_its_tests_say_that_they_are_skipped(without_browser: dict[str, str]) -> None:
    outcome = run(sys.executable, "-m", "pytest", "-q", TEST, cwd=ROOT, env=without_browser)
    assert outcome.returncode == 0, outcome.stdout
    assert "SKIPPED" in outcome.stdout
    assert "there is no browser" in outcome.stdout


def test_where_they_have_to_be_proved_they_fail(without_browser: dict[str, str]) -> None:
    env = {**without_browser, "CI": "true"}
    outcome = run(sys.executable, "-m", "pytest", "-q", TEST, cwd=ROOT, env=env)
    assert outcome.returncode == 1
    assert "there is no browser" in outcome.stdout


def test_installing_one_says_what_it_needs(without_browser: dict[str, str]) -> None:
    outcome = run("sh", "tools/install_browser.sh", cwd=ROOT, env=without_browser)
    assert outcome.returncode == 1
    assert "install Chromium" in outcome.stdout

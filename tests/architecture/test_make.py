import os
import re

import pytest

from tests.architecture.project import ROOT, run

MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
TARGETS = re.findall(r"(?m)^([a-z][a-z-]*):", MAKEFILE)


def make(*arguments: str) -> str:
    """What make prints for a person; nothing of a make that runs these tests reaches it."""
    outside = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    outcome = run("make", "--no-print-directory", *arguments, cwd=ROOT, env=outside)
    assert outcome.returncode == 0, outcome.stdout
    return outcome.stdout


def test_help_lists_every_target_with_what_it_does() -> None:
    listed = [line.split(maxsplit=2) for line in make("help").splitlines()]
    assert [name for _, name, _ in listed] == TARGETS


def test_make_without_a_target_shows_the_help() -> None:
    assert make() == make("help")


def test_no_target_is_mistaken_for_a_file_of_its_name() -> None:
    phony = re.search(r"(?m)^\.PHONY: (.*)$", MAKEFILE)
    assert phony is not None
    assert phony[1].split() == TARGETS


@pytest.mark.parametrize("target", ["demo", "run", "test", "check"])
def test_a_target_that_needs_the_environment_installs_it_first(target: str) -> None:
    assert re.search(rf"(?m)^{target}: \$\(READY\) ", MAKEFILE)


def test_the_server_listens_on_the_port_asked_for() -> None:
    assert "--port 8000 " in make("--dry-run", "run")
    assert "--port 8123 " in make("--dry-run", "run", "PORT=8123")


@pytest.mark.parametrize("target", ["demo", "test", "run", "check"])
def test_the_readme_names_the_target(target: str) -> None:
    assert f"make {target}" in (ROOT / "README.md").read_text(encoding="utf-8")


def test_ci_checks_and_tests_and_proves_flavours_and_calls_no_target_that_the_readme_does_not_name() -> None:
    script = re.sub(r"(?m)#.*$", "", (ROOT / ".ci/run").read_text(encoding="utf-8"))
    called = re.findall(r"\bmake [a-z-]+", script)
    assert called == ["make check", "make test", "make test-flavours"]
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [call for call in called if call not in readme] == []

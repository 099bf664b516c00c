"""The commands that docs/deployment.md shows, against the files."""

import re
from pathlib import Path

import pytest

from tests.deploy.files import ROOT, compose, manifest, manifests
from tests.deploy.test_agreements import parse

PAGE = (ROOT / "docs" / "deployment.md").read_text(encoding="utf-8")
SERVICES = compose()["services"]
OBJECTS = {(one["kind"].lower(), one["metadata"]["name"]) for one in manifests()}


def commands(program: str) -> list[list[str]]:
    """The words behind the program, of each command that the page shows."""
    return [found.split() for found in re.findall(rf"`{program} ([^`]+)`", PAGE)]


@pytest.mark.parametrize("words", commands("docker compose"), ids=" ".join)
def test_a_command_of_compose_names_services_and_what_they_understand(words: list[str]) -> None:
    verb, *rest = words
    names = [word for word in rest if not word.startswith("-")]
    if verb in {"run", "exec"}:
        assert names[0] in SERVICES
        inner = rest[rest.index(names[0]) + 1 :]
        if verb == "run" and inner:
            parse(["modelyard", *inner])
    else:
        assert set(names) <= set(SERVICES)


def test_commands_of_kubernetes_name_objects_that_are_there() -> None:
    named = set(re.findall(r"\b(deployment|job|cronjob)[ /](modelyard[\w-]*)", PAGE))
    assert named >= {("deployment", "modelyard"), ("job", "modelyard-migration"), ("cronjob", "modelyard-backup")}
    assert named <= OBJECTS
    label = "app.kubernetes.io/component"
    migrates, (serves,) = (set(re.findall(rf"{verb}[^`]* -l {label}=(\w+)", PAGE)) for verb in ("apply", "logs"))
    labelled = [one["kind"] for one in manifests() if one["metadata"].get("labels", {}).get(label) in migrates]
    assert labelled == ["Job"]
    assert manifest("Deployment", "modelyard")["spec"]["template"]["metadata"]["labels"][label] == serves


def test_the_files_that_commands_take_are_there() -> None:
    paths = set(re.findall(r"(?<![\w/.])(deploy/[\w./-]+)", PAGE))
    assert len(paths) > 3
    assert [path for path in paths if not Path(ROOT / path).exists()] == []

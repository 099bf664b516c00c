"""Pushing, pulling, the cache, and seeing whether what was pulled can be loaded."""

import json
from pathlib import Path

import pytest

from modelyard.client.registry import Registry
from tests.cli.program import Inside, Program


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MODELYARD_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "model"
    (made / "layers").mkdir(parents=True)
    (made / "weights.bin").write_bytes(b"weights" * 1000)
    (made / "layers" / "one.bin").write_bytes(b"one")
    (made / "notes.tmp").write_bytes(b"not this")
    return made


def name_of(tmp_path: Path) -> str:
    return f"pushed-{tmp_path.name}-{id(tmp_path)}"


def test_a_folder_becomes_a_version_with_all_that_was_said(
    inside: Inside, registry: Registry, folder: Path, tmp_path: Path
) -> None:
    name, card = name_of(tmp_path), tmp_path / "card.md"
    card.write_text("# Who leaves\n")
    said = ["--metric", "auc=0.93", "--metric", "loss@test=0.2", "--dataset", "holdout", "--param", "depth=8"]
    more = ["--param", "name=deep", "--tag", "team=risk", "--card", str(card), "-d", "a try", "--ignore", "*.tmp"]
    assert inside("push", name, str(folder), *said, *more).said() == f"{name}:1 is registered.\n"
    version = registry.version(f"{name}:1")
    assert {file.path for file in version.files} >= {"weights.bin", "layers/one.bin"}
    assert "notes.tmp" not in {file.path for file in version.files}
    assert version.metrics == {"auc@holdout": 0.93, "loss@test": 0.2}
    assert (version.params["depth"], version.params["name"]) == (8, "deep")
    assert (version.tags["team"], version.description) == ("risk", "a try")
    assert version.card.startswith("# Who leaves")


def test_a_dry_run_shows_all_and_sends_nothing(
    inside: Inside, registry: Registry, folder: Path, tmp_path: Path
) -> None:
    name = name_of(tmp_path)
    shown = inside("push", name, str(folder), "--metric", "auc=0.93", "--dry-run").said()
    assert "weights.bin" in shown
    assert "0.93" in shown
    planned = inside("push", name, str(folder), "--dry-run", "--json").json()
    assert planned["model"] == name
    assert inside("show", name).code == 3


@pytest.mark.parametrize(
    ("said", "code"),
    [
        (["--metric", "auc"], 2),
        (["--metric", "auc=high"], 2),
        (["--param", "=8"], 2),
        (["--tag", "a=1", "--tag", "a=2"], 2),
        (["--card", "no-such-file.md"], 2),
        (["--metric", "auc=nan"], 1),
    ],
)
def test_what_cannot_be_pushed_is_said_before_anything_is_sent(
    inside: Inside, folder: Path, tmp_path: Path, said: list[str], code: int
) -> None:
    name = name_of(tmp_path)
    ended = inside("push", name, str(folder), *said)
    assert (ended.code, ended.out) == (code, "")
    assert "Traceback" not in ended.err
    assert inside("show", name).code == 3


def test_what_was_pushed_comes_back(inside: Inside, folder: Path, tmp_path: Path) -> None:
    name = name_of(tmp_path)
    inside("push", name, str(folder), "--ignore", "*.tmp").said()
    cached = Path(inside("pull", f"{name}:latest").said().strip())
    assert (cached / "layers" / "one.bin").read_bytes() == b"one"
    target = tmp_path / "served"
    answer = inside("pull", f"{name}:1", str(target), "--file", "weights.bin", "--json").json()
    assert answer == {"reference": f"{name}:1", "path": str(target)}
    assert [path.name for path in target.iterdir()] == ["weights.bin"]
    (target / "weights.bin").write_bytes(b"mine")
    refused = inside("pull", f"{name}:1", str(target), "--file", "weights.bin")
    assert refused.code == 1
    assert (target / "weights.bin").read_bytes() == b"mine"
    inside("pull", f"{name}:1", str(target), "--file", "weights.bin", "--overwrite").said()
    assert (target / "weights.bin").read_bytes() == b"weights" * 1000
    assert inside("pull", f"{name}:99").code == 3


def test_the_cache_is_listed_verified_and_emptied(
    cli: Program, inside: Inside, folder: Path, tmp_path: Path, own_cache: Path
) -> None:
    name, variables = name_of(tmp_path), {"MODELYARD_CACHE": str(own_cache)}
    assert inside("cache", "ls", "--json").json() == []
    inside("push", name, str(folder), "--ignore", "*.tmp").said()
    cli("pull", f"{name}:1", **variables).said()  # in a process of its own, which does not hold it afterwards
    (entry,) = inside("cache", "ls", "--json").json()
    assert f"{name}:1" in entry["references"]
    assert inside("cache", "verify").said().endswith("all are right.\n")
    assert inside("cache", "prune", "--all").code == 2
    assert inside("cache", "prune", "--max-size", "10 parsecs").code == 2
    assert inside("cache", "prune", "--max-size", "1GiB", "--unused-days", "30", "--json").json()["entry_count"] == 0
    assert inside("cache", "prune", "--all", "--yes").said().startswith("1 entries removed, ")
    assert inside("cache", "ls", "--json").json() == []


def test_damage_in_the_cache_is_told_and_removed(cli: Program, inside: Inside, folder: Path, tmp_path: Path) -> None:
    name, cache = name_of(tmp_path), tmp_path / "cache"
    inside("push", name, str(folder), "--ignore", "*.tmp").said()
    cli("pull", f"{name}:1", MODELYARD_CACHE=str(cache)).said()
    content = max((cache / "sha256").rglob("*"), key=lambda path: path.stat().st_size if path.is_file() else -1)
    content.chmod(0o644)
    content.write_bytes(b"x" * content.stat().st_size)
    ended = inside("cache", "verify", "--json")
    assert ended.code == 1
    assert json.loads(ended.out)["damaged"] == [f"sha256:{content.name}"]
    assert inside("cache", "verify").code == 0


def test_a_version_is_tried_before_it_is_served(inside: Inside, folder: Path, tmp_path: Path) -> None:
    name = name_of(tmp_path)
    inside("push", name, str(folder), "--ignore", "*.tmp").said()
    checked = inside("load-check", f"{name}:1", "--json").json()
    assert (checked["reference"], checked["runs_code"]) == (f"{name}:1", False)
    assert checked["type"].startswith("pathlib.")
    assert inside("load-check", f"{name}:7").code == 3

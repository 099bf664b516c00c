import sys

import pytest

import modelyard
from modelyard.client.errors import UnsupportedModel, VersionNotFound


@pytest.fixture
def two(registry: modelyard.Registry, name: str) -> str:
    """A model with two versions that differ in a parameter and a metric."""
    for depth, auc in ((4, 0.8), (8, 0.9)):
        body = {"params": {"depth": depth, "seed": 1}, "files": []}
        made = registry.transport.post(f"/models/{name}/versions", body, {"create_model": True})
        metrics = {"metrics": [{"name": "auc", "dataset": "holdout", "value": auc}]}
        registry.transport.post(f"/models/{name}/versions/{made['number']}/metrics", metrics)
    return name


def test_versions_are_held_against_each_other(registry: modelyard.Registry, two: str) -> None:
    found = registry.compare(f"{two}:1", f"{two}:latest")
    assert (list(found.versions), list(found.stages)) == ([f"{two}:1", f"{two}:2"], ["draft", "draft"])
    rows = {(row.section, row.name): row for row in found.rows}
    assert list(rows["params", "depth"].values) == [4, 8]
    assert rows["metrics", "auc@holdout"].deltas == pytest.approx([0.0, 0.1])
    unlike = {(row.section, row.name) for row in found.differences().rows}
    assert ("params", "depth") in unlike
    assert ("params", "seed") not in unlike


def test_versions_of_several_models_and_another_baseline(registry: modelyard.Registry, two: str) -> None:
    other = f"{two}-other"
    registry.transport.post(f"/models/{other}/versions", {"files": []}, {"create_model": True})
    found = registry.compare(f"{two}:1", f"{two}:2", f"{other}:1", baseline=1)
    assert (list(found.versions), found.baseline) == ([f"{two}:1", f"{two}:2", f"{other}:1"], 1)
    [auc] = [row for row in found.rows if row.name == "auc@holdout"]
    assert list(auc.values) == [0.8, 0.9, None]
    assert auc.deltas == pytest.approx([-0.1, 0.0, None])
    with pytest.raises(VersionNotFound):
        registry.compare(f"{two}:1", f"{two}:7")


def test_a_comparison_is_a_table(registry: modelyard.Registry, two: str) -> None:
    table = registry.compare(f"{two}:1", f"{two}:2").to_pandas()
    assert list(table.columns) == [f"{two}:1", f"{two}:2"]
    assert list(table.loc[("params", "depth")]) == [4, 8]


def test_a_leaderboard_ranks_versions(registry: modelyard.Registry, two: str) -> None:
    board = registry.leaderboard("auc@holdout", model=two)
    assert [(one.rank, one.reference, one.value) for one in board] == [(1, f"{two}:2", 0.9), (2, f"{two}:1", 0.8)]
    assert (len(board), board[0].number) == (2, 2)
    assert [one.number for one in registry.leaderboard("auc@holdout", model=two, direction="lower", limit=1)] == [1]
    assert len(registry.leaderboard("auc@holdout", query=f'name = "{two}" and param.depth > 4')) == 1
    assert list(board.to_pandas()["value"]) == [0.9, 0.8]


def test_without_pandas_the_hint_says_what_to_install(
    registry: modelyard.Registry, two: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(UnsupportedModel) as refused:
        registry.leaderboard("auc@holdout", model=two).to_pandas()
    assert refused.value.hint == "Run: pip install pandas"

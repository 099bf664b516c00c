import json
import os
import subprocess
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression, LogisticRegression

import modelyard
from modelyard.client.errors import CannotPush, InvalidInput, ModelNotFound, UnsupportedModel
from modelyard.client.flavours.sealed import sealed_of
from modelyard.client.push.plan import PushPlan

FRAME = pd.DataFrame({"age": [20, 40, 60, 80], "income": [1.0, 2.0, 3.0, 4.0]})


def fitted() -> Any:
    return LogisticRegression(C=0.5).fit(FRAME, [0, 0, 1, 1])


def sources(plan: PushPlan) -> dict[str, str]:
    return {fact.name: fact.source for fact in plan.facts}


def content_of(registry: modelyard.Registry, name: str, path: str) -> bytes:
    return registry.transport.request("GET", f"/models/{name}/versions/latest/files/{path}").body


def test_a_plan_tells_each_value_with_its_source_and_sends_nothing(registry: modelyard.Registry, name: str) -> None:
    plan = registry.plan_push(
        name, fitted(), metrics={"auc": 0.9}, params={"C": 2, "seed": 7}, example=FRAME, tags={"team": "risk"}
    )
    with plan:
        told = sources(plan)
        assert told["flavour"] == "type sklearn.linear_model._logistic.LogisticRegression"
        assert told["framework"] == "the installed package"
        assert (told["param.C"], told["param.seed"], told["param.max_iter"]) == ("given", "given", "the model")
        assert told["signature"] == "the example, and the answer to 10 rows of it"
        assert told["metric.auc"] == told["tags"] == "given"
        assert "draft" in told["card"]
        assert {file.path for file in plan.files} == {
            "metrics.svg", "model.skops", "modelyard.json", "requirements.txt"
        }  # fmt: skip
        assert all(str(fact) in str(plan) for fact in plan.facts)
        assert json.loads(json.dumps(plan.document))["version"]["params"]["C"] == 2
        with pytest.raises(ModelNotFound):
            registry.model(name).read()
        folder = plan.folder
        assert folder is not None
        assert folder.exists()
    assert not folder.exists()


def test_a_plan_that_was_sent_is_what_was_registered(registry: modelyard.Registry, name: str) -> None:
    plan = registry.plan_push(name, fitted(), metrics={"auc": 0.9})
    pushed = plan.send()
    assert {file.path: file.digest for file in pushed.files} == {file.path: file.digest for file in plan.files}
    assert (pushed.params, pushed.card) == (plan.body["params"], plan.body["card"])
    assert plan.folder is not None
    assert not plan.folder.exists()


def test_a_plan_can_be_sent_again_after_it_failed_and_counts_once(registry: modelyard.Registry, name: str) -> None:
    plan = registry.plan_push(name, fitted(), metrics={"auc": 0.9})
    good, plan.metrics = plan.metrics, [{**plan.metrics[0], "name": "a" * 300}]
    with pytest.raises(InvalidInput) as refused:
        plan.send()
    assert f"{name}:1 is registered" in refused.value.__notes__[0]
    plan.metrics = good
    pushed = plan.send()
    assert (pushed.number, pushed.metrics) == (1, {"auc": 0.9})


def test_parameters_become_json_that_looks_the_same_each_time(registry: modelyard.Registry, name: str) -> None:
    given = {
        "nan": float("nan"), "infinite": float("inf"), "array": np.float32(0.5), "large": 2**60,
        "kind": LinearRegression,
        "function": fitted, "nested": {"steps": (1, None)}, "object": object(), "long": "x" * 5000,
    }  # fmt: skip
    params = registry.push(name, fitted(), params=given).params
    assert (params["nan"], params["infinite"], params["array"]) == ("nan", "inf", 0.5)
    assert params["large"] == str(2**60)
    assert params["kind"] == "sklearn.linear_model._base.LinearRegression"
    assert params["function"].endswith("test_push.fitted")
    assert params["nested"] == {"steps": [1, None]}
    assert params["object"] == "<object object>"
    assert len(params["long"]) == 1000


@pytest.mark.parametrize(
    ("metrics", "dataset", "expected"),
    [
        ({"auc": 0.5}, "", {"auc": 0.5}),
        ({"auc": np.float32(0.5)}, "holdout", {"auc@holdout": 0.5}),
        ({"train": {"auc": 1}, "test": {"auc": 0.5}}, "", {"auc@train": 1.0, "auc@test": 0.5}),
        ({"auc@test": 0.25, "loss": 2}, "train", {"auc@test": 0.25, "loss@train": 2.0}),
    ],
)
def test_metrics_are_given_by_name_or_by_dataset_and_name(
    registry: modelyard.Registry, name: str, metrics: Any, dataset: str, expected: dict[str, float]
) -> None:
    assert registry.push(name, fitted(), metrics=metrics, dataset=dataset).metrics == expected


@pytest.mark.parametrize(
    "metrics", [{"auc": float("nan")}, {"auc": "high"}, {"auc": True}, {"a/b": 1.0}, {" ": 1.0}, {"a@b@c": 1.0}]
)
def test_a_metric_that_cannot_be_one_is_refused_before_anything_is_sent(
    registry: modelyard.Registry, name: str, metrics: Any
) -> None:
    with pytest.raises(CannotPush):
        registry.push(name, fitted(), metrics=metrics)
    with pytest.raises(ModelNotFound):
        registry.model(name).read()


def test_the_environment_is_sealed_with_exact_versions(registry: modelyard.Registry, name: str) -> None:
    registry.push(name, fitted())
    sealed = sealed_of(content_of(registry, name, "modelyard.json"))
    needed = {one: version(one) for one in ("scikit-learn", "numpy", "scipy", "joblib", "skops")}
    assert {one: sealed.packages[one] for one in needed} == needed
    assert "pytest" in sealed.loaded
    assert "pytest" not in sealed.packages
    assert f"numpy=={needed['numpy']}\n" in content_of(registry, name, "requirements.txt").decode()


def git(folder: Path, *words: str) -> str:
    identity = ("-c", "user.name=A", "-c", "user.email=a@localhost", "-c", "init.defaultBranch=main")
    command = ["git", *identity, *words]
    done = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def test_the_commit_is_told_and_whether_files_differ_from_it(
    registry: modelyard.Registry, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    with registry.plan_push(name, fitted()) as plan:
        assert "lineage" not in plan.body
        assert "the code is unknown: the folder is in no git repository" in plan.notes
    git(tmp_path, "init")
    git(tmp_path, "remote", "add", "origin", "https://ana:secret@localhost/risk/churn.git")
    (tmp_path / "train.py").write_text("fit()\n")
    git(tmp_path, "add", "train.py")
    git(tmp_path, "commit", "-m", "Begin")
    pushed = registry.push(name, fitted())
    assert pushed.lineage is not None
    assert pushed.lineage["git"] == {
        "repository": "https://localhost/risk/churn.git", "commit": git(tmp_path, "rev-parse", "HEAD")
    }  # fmt: skip
    assert pushed.metadata["git"] == {"dirty": False, "branch": "main"}
    (tmp_path / "train.py").write_text("fit(faster=True)\n")
    assert registry.push(name, fitted()).metadata["git"]["dirty"] is True
    assert registry.push(name, fitted(), code=False).lineage is None


def test_lineage_is_registered(registry: modelyard.Registry, name: str) -> None:
    first = registry.push(name, fitted(), code=False)
    pushed = registry.push(
        name, fitted(), parent=first.reference, datasets=["customers", {"name": "plans", "digest": "sha256:1"}],
        source="mlflow:7", run="run-7", code=False,
    )  # fmt: skip
    assert pushed.lineage == {
        "parent": first.reference, "source": "mlflow:7", "run": "run-7",
        "datasets": [{"name": "customers", "digest": ""}, {"name": "plans", "digest": "sha256:1"}],
    }  # fmt: skip


def test_a_draft_card_shows_what_is_known_and_says_that_it_is_one(registry: modelyard.Registry, name: str) -> None:
    pushed = registry.push(name, fitted(), metrics={"auc|x": 0.9}, example=FRAME)
    assert pushed.metadata["card"] == "draft"
    assert "| auc\\|x |  |  | 0.9 |" in pushed.card
    assert "| age | int64 | \\[-1\\] |" in pushed.card
    assert "![Metrics](metrics.svg)" in pushed.card
    picture = content_of(registry, name, "metrics.svg").decode()
    assert picture.startswith("<svg ")
    assert ">auc|x</text>" in picture
    assert ">0.9</text>" in picture


@pytest.mark.parametrize(("card", "expected"), [("# Mine", "# Mine"), ("", ""), (Path("card.md"), "# From a file")])
def test_a_card_that_is_given_is_taken_as_it_is(
    registry: modelyard.Registry, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, card: Any, expected: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("card.md").write_text("# From a file", encoding="utf-8")
    pushed = registry.push(name, fitted(), card=card)
    assert pushed.card == expected
    assert "card" not in pushed.metadata


def test_an_object_that_no_flavour_knows_is_pushed_by_pickle_on_request_alone(
    registry: modelyard.Registry, name: str
) -> None:
    with pytest.raises(UnsupportedModel, match=r"no flavour knows objects of type builtins\.dict"):
        registry.push(name, {"weights": [1, 2]})
    pushed = registry.push(name, {"weights": [1, 2]}, flavour="pickle")
    assert registry.load(pushed.reference, trust="pickle") == {"weights": [1, 2]}
    with pytest.raises(UnsupportedModel, match="cannot be pickled"):
        registry.push(name, lambda: 1, flavour="pickle")


def test_a_file_of_any_kind_comes_back_as_a_path(registry: modelyard.Registry, name: str, tmp_path: Path) -> None:
    (tmp_path / "weights.bin").write_bytes(b"weights")
    pushed = registry.push(name, tmp_path / "weights.bin")
    assert [file.path for file in pushed.files] == ["modelyard.json", "weights.bin"]
    path = registry.load(pushed.reference)
    assert isinstance(path, Path)
    assert path.read_bytes() == b"weights"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "model"
    (place / "weights").mkdir(parents=True)
    (place / ".hidden").write_bytes(b"hidden")
    (place / "weights" / "one.bin").write_bytes(b"one")
    (place / "README.md").write_text("# Of the folder\n", encoding="utf-8")
    return place


def test_a_folder_goes_along_whole_with_hidden_files_and_what_links_lead_to(
    registry: modelyard.Registry, name: str, folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "outside.bin").write_bytes(b"outside")
    (folder / "link.bin").symlink_to(tmp_path / "outside.bin")
    (folder / "nothing").mkdir()
    plan = registry.plan_push(name, folder)
    assert any("link.bin is a link" in note for note in plan.notes)
    assert "nothing/ is empty, and does not go along" in plan.notes
    pushed = plan.send()
    assert {file.path for file in pushed.files} == {
        ".hidden", "README.md", "link.bin", "modelyard.json", "weights/one.bin"
    }  # fmt: skip
    assert pushed.card == "# Of the folder\n"
    loaded = registry.load(pushed.reference)
    assert isinstance(loaded, Path)
    assert (loaded / "link.bin").read_bytes() == b"outside"


def test_what_cannot_go_along_is_refused_by_its_name_unless_it_is_ignored(
    registry: modelyard.Registry, name: str, folder: Path
) -> None:
    (folder / "gone").symlink_to(folder / "nowhere")
    (folder / "round").symlink_to(folder, target_is_directory=True)
    (folder / ".git").mkdir()
    os.mkfifo(folder / "pipe")
    ignore: list[str] = []
    for path in (".git", "gone", "pipe", "round"):
        with pytest.raises(CannotPush, match=rf"model/{path} is"):
            registry.push(name, folder, ignore=ignore)
        ignore.append(path)
    with registry.plan_push(name, folder, ignore=ignore) as plan:
        assert [f"{path} is ignored" in plan.notes for path in ignore] == [True] * 4


def test_nothing_and_no_place_are_refused(registry: modelyard.Registry, name: str, tmp_path: Path) -> None:
    with pytest.raises(CannotPush, match="holds no files"):
        registry.push(name, tmp_path)
    with pytest.raises(CannotPush, match="there is no file or folder"):
        registry.push(name, tmp_path / "nowhere")


def test_a_folder_that_was_pulled_is_pushed_unchanged(registry: modelyard.Registry, name: str, tmp_path: Path) -> None:
    first = registry.push(name, fitted(), metrics={"auc": 0.9}, example=FRAME)
    for file in first.files:
        (tmp_path / file.path).write_bytes(content_of(registry, name, file.path))
    second = registry.push(name, tmp_path, params=first.params, code=False)
    assert {file.path: file.digest for file in second.files} == {file.path: file.digest for file in first.files}
    assert second.framework == first.framework
    loaded: Any = registry.load(second.reference)
    assert list(loaded.predict(FRAME)) == [0, 0, 1, 1]


def test_an_example_that_the_model_cannot_take_leaves_a_note(registry: modelyard.Registry, name: str) -> None:
    with registry.plan_push(name, fitted(), example={"age": [1.0], "income": ["x"]}) as plan:
        assert any(note.startswith("outputs are unknown: predicting on the example raised") for note in plan.notes)
        assert [one["name"] for one in plan.body["signature"]["inputs"]] == ["age", "income"]

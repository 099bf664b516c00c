import math
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from sklearn.linear_model import LogisticRegression

import modelyard
from modelyard.client.errors import CannotPush, ModelNotFound, Unreachable
from modelyard.client.run import RunWarning
from modelyard.client.transport import Patience
from modelyard.client.unfinished import runs_folder

NOWHERE = "http://127.0.0.1:9"


def fitted() -> Any:
    return LogisticRegression().fit([[0.0], [1.0]], [0, 1])


def history(registry: modelyard.Registry, name: str, metric: str, dataset: str = "") -> list[tuple[int, float]]:
    place = f"/models/{name}/versions/latest/metrics/{metric}/history"
    return [(one["step"], one["value"]) for one in registry.transport.get(place, {"dataset": dataset})["items"]]


def test_a_run_becomes_a_version_with_its_whole_history(registry: modelyard.Registry, name: str) -> None:
    with registry.run(name, dataset="train", tags={"team": "risk"}, params={"C": 1, "seed": 3}) as run:
        for step in range(5):
            run.log(loss=1 / (step + 1), step=step * 10)
            run.log({"auc": step / 10}, dataset="holdout")
        run.params(seed=4)
        run.model(fitted(), example=[[0.5]])
    made = run.version
    assert made is not None
    assert history(registry, name, "loss", "train") == [(step * 10, 1 / (step + 1)) for step in range(5)]
    assert history(registry, name, "auc", "holdout") == [(step, step / 10) for step in range(5)]
    assert made.metrics == {"auc@holdout": 0.4, "loss@train": 0.2}
    assert (made.params["seed"], made.params["solver"]) == (4, "lbfgs")
    assert made.tags == {"team": "risk"}
    assert made.lineage is not None
    assert made.lineage["run"] == made.metadata["run"]["id"] == run.id
    assert made.metadata["run"]["state"] == "finished"
    assert "| auc | holdout |  | 0.4 |" in made.card
    loaded: Any = registry.load(made.reference)
    assert list(loaded.predict([[0.0], [1.0]])) == [0, 1]
    assert list(runs_folder().iterdir()) == []


def test_a_run_without_a_model_is_a_version_without_files(registry: modelyard.Registry, name: str) -> None:
    with registry.run(name) as run:
        run.log(loss=1)
    assert run.version is not None
    assert [file.path for file in run.version.files] == ["metrics.svg"]
    assert run.version.metrics == {"loss": 1.0}


def test_a_run_without_a_model_keeps_what_it_was_given(registry: modelyard.Registry, name: str, tmp_path: Path) -> None:
    (tmp_path / "card.md").write_text("# Mine", encoding="utf-8")
    with registry.run(name, card=tmp_path / "card.md", datasets=["customers"], description="a try") as run:
        run.log(loss=1)
    made = run.version
    assert made is not None
    assert (made.card, made.description, made.file_count) == ("# Mine", "a try", 0)
    assert made.lineage is not None
    assert made.lineage["datasets"] == [{"name": "customers", "digest": ""}]


def test_metrics_are_logged_and_not_given(registry: modelyard.Registry, name: str) -> None:
    with pytest.raises(CannotPush, match="the metrics that it logs"):
        registry.run(name, metrics={"auc": 1.0})


def test_of_values_at_one_step_the_last_counts(registry: modelyard.Registry, name: str) -> None:
    with registry.run(name) as run:
        run.log(loss=3, step=7)
        run.log(loss=2, step=7)
        run.log(loss=1)
    assert history(registry, name, "loss") == [(7, 2), (8, 1)]


def test_values_that_are_not_finite_do_not_end_the_training_and_are_told(
    registry: modelyard.Registry, name: str
) -> None:
    with registry.run(name) as run:
        run.log(loss=1)
        with pytest.warns(RunWarning, match="loss is nan at step 1"):
            run.log(loss=math.nan)
        run.log(loss=math.nan)
        run.log(loss=2)
    assert run.version is not None
    assert run.version.metadata["run"]["not_finite"] == {"loss": {"count": 2, "first_step": 1}}
    assert history(registry, name, "loss") == [(0, 1), (3, 2)]


@pytest.mark.parametrize(
    ("values", "step"), [({"a/b": 1}, None), ({"loss": "low"}, None), ({"loss": 1}, -1), ({"loss": 1}, 1.5)]
)
def test_what_cannot_be_logged_is_refused_at_once(
    registry: modelyard.Registry, name: str, values: Any, step: Any
) -> None:
    run = registry.run(name)
    with pytest.raises(CannotPush):
        run.log(values, step=step)
    run.fail("only a test")


def test_threads_may_log_at_once(registry: modelyard.Registry, name: str) -> None:
    def log(part: int) -> None:
        for step in range(200):
            run.log({f"m{part}": step}, step=step)

    with registry.run(name) as run:
        threads = [threading.Thread(target=log, args=[part]) for part in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert [len(history(registry, name, f"m{part}")) for part in range(4)] == [200] * 4


def test_an_exception_ends_it_as_failed_and_keeps_what_was_logged(registry: modelyard.Registry, name: str) -> None:
    run = registry.run(name)
    run.log(loss=1)
    with pytest.raises(ZeroDivisionError), run:
        run.log(loss=1 / 0)
    with pytest.raises(ModelNotFound):
        registry.model(name).read()
    with pytest.raises(CannotPush, match="is over"):
        run.log(loss=1)
    assert registry.recover_runs() == []
    [failed] = registry.unfinished_runs()
    assert (failed.id, failed.state, failed.error) == (run.id, "failed", "ZeroDivisionError: division by zero")
    assert failed.logged().latest_values() == {"loss": 1.0}
    made = failed.send()
    assert (made.metrics, made.metadata["run"]["state"]) == ({"loss": 1.0}, "failed")
    assert registry.unfinished_runs() == []


def test_a_run_can_be_discarded(registry: modelyard.Registry, name: str) -> None:
    registry.run(name).fail("changed my mind")
    [failed] = registry.unfinished_runs()
    failed.discard()
    assert registry.unfinished_runs() == []


def test_a_run_that_could_not_be_sent_is_sent_later(
    registry: modelyard.Registry, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = registry.run(name)
    run.log(loss=1)
    run.model(fitted())
    good, registry.transport.patience = registry.transport.server, Patience(deadline_seconds=0.2)
    monkeypatch.setattr(registry.transport, "server", type(good)(url=NOWHERE))
    with pytest.raises(Unreachable) as lost:
        run.finish()
    assert "registry.recover_runs() sends it" in lost.value.__notes__[0]
    assert registry.unfinished_runs() == []  # of the registry at this other address
    monkeypatch.undo()
    os.environ["XDG_STATE_HOME"] = str(run._spool.folder.parents[2])
    registry.transport.patience = Patience()
    [made] = registry.recover_runs()
    assert made.metrics == {"loss": 1.0}
    assert "model.skops" in {file.path for file in made.files}
    assert registry.recover_runs() == []


def test_a_run_that_was_registered_before_is_completed_and_not_doubled(registry: modelyard.Registry, name: str) -> None:
    """As after a kill between the registration and the metrics, when the idempotency key is forgotten."""
    run = registry.run(name)
    run.log(loss=1)
    run._end("finished", "")
    [unfinished] = registry.unfinished_runs()
    body = {"metadata": {"run": {"id": run.id}}, "files": []}
    registry.transport.post(f"/models/{name}/versions", body, {"create_model": True})
    record = run._spool.record
    run._spool.write({**record, "is_tried": True})
    made = unfinished.send()
    assert (made.number, made.metrics) == (1, {"loss": 1.0})


PROGRAM = """
import os, signal, sys, modelyard
run = modelyard.connect(sys.argv[1]).run(sys.argv[2])
for step in range(100):
    run.log(loss=step)
print(flush=True)
sys.stdin.read() if len(sys.argv) > 3 else os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_killed_process_loses_nothing_that_it_has_logged(registry: modelyard.Registry, name: str, url: str) -> None:
    ended = subprocess.run([sys.executable, "-c", PROGRAM, url, name], capture_output=True, check=False)
    assert ended.returncode == -signal.SIGKILL, ended.stderr
    [killed] = registry.unfinished_runs()
    assert killed.state == "interrupted"
    assert registry.recover_runs() == []
    assert killed.send().metrics == {"loss": 99.0}
    assert len(history(registry, name, "loss")) == 100


def test_a_run_that_goes_on_is_nobody_elses(registry: modelyard.Registry, name: str, url: str) -> None:
    command = [sys.executable, "-c", PROGRAM, url, name, "wait"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        assert len(list(runs_folder().iterdir())) == 1
        assert registry.unfinished_runs() == []
        process.kill()
    assert [run.state for run in registry.unfinished_runs()] == ["interrupted"]


def test_a_line_that_was_cut_off_hides_no_other(registry: modelyard.Registry, name: str) -> None:
    run = registry.run(name)
    run.log(loss=1)
    run.fail("killed")
    [failed] = registry.unfinished_runs()
    with (failed.folder / "lines.jsonl").open("ab") as file:
        file.write(b'{"at": 1, "poi')
    assert failed.logged().latest_values() == {"loss": 1.0}


def test_a_full_disk_does_not_end_the_training(
    registry: modelyard.Registry, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = registry.run(name)
    with monkeypatch.context() as full:
        full.setattr(os, "write", _refused)
        with pytest.warns(RunWarning, match="could not be kept: No space left"):
            run.log(loss=1)
    run.log(loss=2)
    with pytest.warns(RunWarning, match="1 lines could not be kept"):
        made = run.finish()
    assert (made.metrics, made.metadata["run"]["lost"]) == ({"loss": 2.0}, 1)


def _refused(descriptor: int, content: bytes) -> int:
    raise OSError(28, "No space left on device")


def test_logging_needs_no_files_of_the_caller(registry: modelyard.Registry, name: str, tmp_path: Path) -> None:
    """The model is kept as it was when `model` was called, though its file changes afterwards."""
    path = tmp_path / "weights.bin"
    path.write_bytes(b"one")
    run = registry.run(name)
    run.model(path)
    path.write_bytes(b"two")
    made = run.finish()
    loaded = registry.load(made.reference)
    assert isinstance(loaded, Path)
    assert loaded.read_bytes() == b"one"

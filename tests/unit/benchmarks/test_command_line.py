import json
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks import command_line
from benchmarks.findings import Finding, at_most
from benchmarks.http_client import LoadFailed
from benchmarks.plan import Plan
from benchmarks.series import Series


@pytest.fixture(autouse=True)
def workshop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder in place of `.bench`; signals are handled as before afterwards."""
    monkeypatch.setattr(command_line, "WORKSHOP", tmp_path / "workshop")
    handlers = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)}
    yield tmp_path / "workshop"
    for number, handler in handlers.items():
        signal.signal(number, handler)


def good(plan: Plan) -> Iterator[Finding]:
    (plan.subfolder("good") / "file").touch()
    yield Finding(what="good", figure=Series.of(*[1] * plan.rounds), unit="s", target=at_most(2))


def broken(_: Plan) -> Iterator[Finding]:
    yield Finding(what="before the fault", figure=Series.of(1), unit="s")
    raise LoadFailed("no answer")


BENCHMARKS = {"good": good, "broken": broken}


def test_the_table_goes_to_stdout_below_what_it_was_measured_on(capsys: pytest.CaptureFixture[str]) -> None:
    assert command_line.run("", {"good": good}, []) == 0
    circumstances, table = capsys.readouterr().out.split("\n\n")
    assert "medians of 3 interleaved rounds." in circumstances
    assert "QUICK" not in circumstances
    assert table.splitlines()[2].startswith("| good | 1.00 s |")


def test_quick_figures_are_marked_as_such(capsys: pytest.CaptureFixture[str]) -> None:
    command_line.run("", {"good": good}, ["--quick"])
    assert "QUICK" in capsys.readouterr().out


def test_a_failure_keeps_what_was_measured_and_ends_with_1(capsys: pytest.CaptureFixture[str]) -> None:
    assert command_line.run("", BENCHMARKS, []) == 1
    out, err = capsys.readouterr()
    assert "| good " in out
    assert "| before the fault " in out
    assert "FAILED broken: LoadFailed: no answer" in err


def test_single_benchmarks_can_be_chosen(capsys: pytest.CaptureFixture[str]) -> None:
    assert command_line.run("", BENCHMARKS, ["--only", "good"]) == 0
    assert "before the fault" not in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [["--only", "other"], ["--rounds", "0"], ["--rounds", "many"]])
def test_what_cannot_be_measured_is_refused(arguments: list[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        command_line.run("", BENCHMARKS, arguments)


def test_all_values_can_be_kept_as_json(tmp_path: Path) -> None:
    file = tmp_path / "figures.json"
    command_line.run("", {"good": good}, ["--rounds", "5", "--json", str(file)])
    document = json.loads(file.read_text(encoding="utf-8"))
    assert document["findings"][0]["figures"] == [1, 1, 1, 1, 1]
    assert document["machine"]["cores"] >= 1


def test_nothing_is_left_in_the_workshop_and_git_sees_none_of_it(workshop: Path) -> None:
    command_line.run("", BENCHMARKS, [])
    assert [path.name for path in workshop.iterdir()] == [".gitignore"]
    assert (workshop / ".gitignore").read_text(encoding="utf-8") == "*\n"

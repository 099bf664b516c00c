from pathlib import Path

import pytest

from tools import test_flavours as proving


def test_each_optional_flavour_has_tests_and_each_such_file_is_run() -> None:
    files = {path.name for path in Path(__file__).parent.glob("*_flavour.py")}
    assert {f"{one.name}_flavour.py" for one in proving.ENVIRONMENTS} == files


def test_what_cannot_be_installed_fails_and_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proving, "PLACE", tmp_path / "environments")
    broken = proving.Environment(name="onnx", packages=["./nowhere.whl"])
    assert proving.prove([broken], tmp_path / "modelyard-0.1.0-py3-none-any.whl", "http://127.0.0.1:9") == [False]
    assert "flavours: onnx: FAILED: cannot be installed" in capsys.readouterr().out
    assert list((tmp_path / "environments").iterdir()) == []


def test_tests_that_do_not_pass_fail_and_say_so(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    with pytest.raises(proving.Failed, match="its tests do not pass"):
        proving.run(["false"], "its tests do not pass")

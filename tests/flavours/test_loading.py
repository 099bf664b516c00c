import json
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from sklearn.linear_model import LogisticRegression

import modelyard
from modelyard.client.errors import DamagedFile, UnsupportedModel
from modelyard.client.flavours.sealed import SEALED_NAME, Sealed, read_sealed
from modelyard.client.loading import EnvironmentMismatch, check_folder, load_folder


def sealed(folder: Path, **more: Any) -> Path:
    given: dict[str, Any] = {"flavour": "files", "form": "files", **more}
    (folder / SEALED_NAME).write_bytes(Sealed(**given).content)
    return folder


def test_another_major_version_is_warned_of_and_a_minor_one_is_not(tmp_path: Path) -> None:
    here = version("numpy")
    folder = sealed(tmp_path, packages={"numpy": "1.2.3", "gone": "3.0", "pandas": version("pandas")})
    with pytest.warns(EnvironmentMismatch, match=rf"gone 3\.0, here none; numpy 1\.2\.3, here {here}"):
        load_folder(folder)
    assert list(check_folder(folder).differences) == ["gone 3.0, here none", f"numpy 1.2.3, here {here}"]
    load_folder(sealed(tmp_path, packages={"numpy": f"{here.partition('.')[0]}.0"}))


@pytest.mark.parametrize("entry", ["../secret", "/etc/passwd", "C:secret", "a\\b", "a/../../b"])
def test_an_entry_outside_the_version_is_refused(tmp_path: Path, entry: str) -> None:
    with pytest.raises(DamagedFile, match="outside the version"):
        load_folder(sealed(tmp_path, entry=entry))


@pytest.mark.parametrize(
    "content",
    [b"", b"[]", b"{}", b"[" * 100_000, b'{"modelyard": "1"}', b'{"modelyard": 1, "flavour": 7}',
     b'{"modelyard": 1, "details": [1]}', b'{"modelyard": 1, "packages": {"a": 1}}', b'"' + b"x" * (1 << 20) + b'"'],
)  # fmt: skip
def test_a_description_that_is_none_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / SEALED_NAME).write_bytes(content)
    with pytest.raises(DamagedFile):
        load_folder(tmp_path)


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ({"modelyard": 2}, "a newer client pushed"),
        ({"modelyard": 1, "flavour": "cobol", "format": "x"}, "there is no flavour 'cobol' here"),
        ({"modelyard": 1, "flavour": "files", "format": "x"}, "has no format 'x'"),
    ],
)
def test_what_is_not_known_here_is_refused_with_a_hint(tmp_path: Path, document: object, reason: str) -> None:
    (tmp_path / SEALED_NAME).write_text(json.dumps(document))
    with pytest.raises(UnsupportedModel, match=reason) as refused:
        load_folder(tmp_path)
    assert refused.value.hint


def test_a_missing_entry_is_told(tmp_path: Path) -> None:
    with pytest.raises(DamagedFile, match=r"names model\.bin, which the version does not hold"):
        load_folder(sealed(tmp_path, entry="model.bin"))


def test_the_description_comes_back_as_it_was_written(tmp_path: Path) -> None:
    written = Sealed(
        flavour="f", form="x", entry="a/b", details={"n": [1]}, packages={"p": "1"}, example={"inputs": []}
    )
    (tmp_path / SEALED_NAME).write_bytes(written.content)
    assert read_sealed(tmp_path) == written


def test_a_check_tells_what_loading_takes_and_loads_nothing(registry: modelyard.Registry, name: str) -> None:
    with registry.plan_push(name, LogisticRegression().fit([[0], [1]], [0, 1]), format="joblib") as plan:
        folder = plan.files[0].source.parent.parent
        (folder / "whole").mkdir()
        for file in plan.files:
            (folder / "whole" / file.path).write_bytes(file.source.read_bytes())
        told = check_folder(folder / "whole")
    assert (told.flavour, told.form, told.entry, told.runs_code) == ("scikit-learn", "joblib", "model.joblib", True)


def test_a_version_that_was_registered_without_the_client_comes_as_a_path(
    registry: modelyard.Registry, name: str
) -> None:
    registry.transport.request("PUT", f"/blobs/{SHA_OF_HELLO}", body=b"hello")
    body = {"files": [{"path": "a/b.bin", "digest": SHA_OF_HELLO, "size_bytes": 5}]}
    registry.transport.post(f"/models/{name}/versions", body, {"create_model": True})
    loaded = registry.load(f"{name}:1")
    assert isinstance(loaded, Path)
    assert loaded.read_bytes() == b"hello"


SHA_OF_HELLO = "sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"

PROGRAM = """
import sys, modelyard
registry = modelyard.connect("http://127.0.0.1:9")
registry.push, registry.load, registry.run
print(*{name.partition(".")[0] for name in sys.modules})
with registry.plan_push("churn", sys.argv[1]) as plan:
    print(*{name.partition(".")[0] for name in sys.modules})
"""
HEAVY = {"joblib", "numpy", "pandas", "sklearn", "skops", "torch", "safetensors", "pydantic", "fastapi", "sqlalchemy"}


def test_frameworks_are_imported_by_nobody_who_does_not_need_them(tmp_path: Path) -> None:
    (tmp_path / "weights.bin").write_bytes(b"1")
    command = [sys.executable, "-c", PROGRAM, str(tmp_path / "weights.bin")]
    ended = subprocess.run(command, capture_output=True, text=True, check=True)
    connected, pushed = ({*line.split()} for line in ended.stdout.splitlines())
    assert connected & HEAVY == set()
    assert pushed & HEAVY == set()

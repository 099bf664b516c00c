import subprocess
import sys

import pytest

import modelyard

HEAVY = {
    "urllib3",
    "http",
    "httpx",
    "pydantic",
    "rich",
    "typer",
    "numpy",
    "pandas",
    "sklearn",
    "modelyard.client.registry",
}


def loaded_by(code: str) -> set[str]:
    script = f"{code}\nimport sys; print(' '.join(sys.modules))"
    return set(
        subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True).stdout.split()
    )


def test_importing_the_package_imports_next_to_nothing() -> None:
    assert not HEAVY & loaded_by("import modelyard")


def test_connecting_imports_no_http_library_yet() -> None:
    assert not {"urllib3", "rich", "pydantic", "typer"} & loaded_by(
        "import modelyard; modelyard.connect('http://registry')"
    )


def test_the_package_tells_what_it_has() -> None:
    assert {"connect", "Registry", "errors"} <= set(dir(modelyard))
    with pytest.raises(AttributeError, match="no attribute 'conect'"):
        modelyard.conect  # type: ignore[attr-defined] # noqa: B018 - what it is about

import os
import tomllib
from pathlib import Path

import pytest

from tests.architecture.project import PYPROJECT, run, settings_of, tool, write_tree

PACKAGES = ("", "domain", "application", "infrastructure", "presentation", "bootstrap")
CLEAN = {f"modelyard/{package}/__init__.py": "" for package in PACKAGES} | {
    "modelyard/__main__.py": "import modelyard.bootstrap, modelyard.cli",
    "modelyard/client/__init__.py": "import httpx",
    "modelyard/cli/__init__.py": "import typer\nimport modelyard.client",
    "modelyard/bootstrap/container.py": "import modelyard.infrastructure, modelyard.presentation",
    "modelyard/infrastructure/engine.py": "import sqlalchemy\nimport modelyard.application",
    "modelyard/presentation/routes.py": "import fastapi\nimport modelyard.application",
    "modelyard/application/promotion.py": "import modelyard.domain.query",
    "modelyard/domain/query.py": "import lark, rfc8785",
}

NAMES = {
    contract["id"]: contract["name"]
    for contract in tomllib.loads(settings_of("importlinter"))["tool"]["importlinter"]["contracts"]
}


def lint_imports(folder: Path, files: dict[str, str]) -> str:
    """Runs the project's contracts on a small package of the same name, which stands before it on the path."""
    write_tree(folder, files)
    outcome = run(
        tool("lint-imports"),
        *("--no-logo", "--no-cache", "--config", PYPROJECT),
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder), "COLUMNS": "200"},
    )
    assert ("BROKEN" in outcome.stdout) == (outcome.returncode != 0), outcome.stdout
    return outcome.stdout


def test_a_package_that_keeps_its_layers_passes(tmp_path: Path) -> None:
    output = lint_imports(tmp_path, CLEAN)
    assert f"{len(NAMES)} kept, 0 broken" in output


@pytest.mark.parametrize(
    ("contract", "path", "imports"),
    [
        ("frameworks", "modelyard/domain/model.py", "import fastapi"),
        ("frameworks", "modelyard/application/catalog.py", "import sqlalchemy"),
        ("frameworks", "modelyard/domain/model.py", "def later():\n    import pydantic"),
        ("layers", "modelyard/domain/model.py", "import modelyard.application"),
        ("layers", "modelyard/application/catalog.py", "import modelyard.infrastructure"),
        ("layers", "modelyard/presentation/pages.py", "import modelyard.infrastructure"),
        ("layers", "modelyard/infrastructure/blobs.py", "import modelyard.bootstrap"),
        ("layers", "modelyard/stray/__init__.py", ""),
        ("layers", "modelyard/stray.py", ""),
        ("presentation", "modelyard/presentation/pages.py", "import sqlalchemy"),
        ("heavy", "modelyard/infrastructure/tables.py", "import pandas"),
        ("client", "modelyard/client/__init__.py", "import modelyard.domain"),
        ("client", "modelyard/client/__init__.py", "import modelyard.application"),
        ("client", "modelyard/cli/__init__.py", "import modelyard.domain"),
        ("client", "modelyard/cli/__init__.py", "import modelyard.infrastructure"),
        ("client", "modelyard/client/__init__.py", "import modelyard.cli"),
    ],
)
def test_one_wrong_import_breaks(tmp_path: Path, contract: str, path: str, imports: str) -> None:
    assert f"{NAMES[contract]} BROKEN" in lint_imports(tmp_path, CLEAN | {path: imports})


def test_presentation_may_not_reach_sqlalchemy_through_another_module(tmp_path: Path) -> None:
    detour = {
        "modelyard/presentation/pages.py": "import modelyard.application.detour",
        "modelyard/application/detour.py": "import sqlalchemy",
    }
    assert f"{NAMES['presentation']} BROKEN" in lint_imports(tmp_path, CLEAN | detour)


def test_two_modules_may_not_import_each_other(tmp_path: Path) -> None:
    cycle = {
        "modelyard/domain/one.py": "import modelyard.domain.two",
        "modelyard/domain/two.py": "import modelyard.domain.one",
    }
    assert f"{NAMES['siblings']} BROKEN" in lint_imports(tmp_path, CLEAN | cycle)

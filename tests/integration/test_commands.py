import subprocess
import sys
from contextlib import closing
from importlib.metadata import version
from pathlib import Path

import pysqlite3.dbapi2
import pytest
from typer.testing import CliRunner

from modelyard.__main__ import build_commands
from modelyard.infrastructure.database import migrate

HEAVY = {"alembic", "fastapi", "httptools", "rich", "sqlalchemy", "starlette", "uvicorn", "uvloop"}


@pytest.fixture(autouse=True)
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MODELYARD_DATA_DIR", str(tmp_path / "data"))
    return tmp_path / "data"


def run(*arguments: str) -> tuple[int, str, str]:
    """Exit code, stdout and stderr."""
    result = CliRunner().invoke(build_commands(), arguments)
    return result.exit_code, result.stdout, result.stderr


def test_the_version_is_that_of_the_package() -> None:
    assert run("--version") == (0, f"modelyard {version('modelyard')}\n", "")


def test_help_imports_nothing_large() -> None:
    code = (
        "import sys\nfrom modelyard.__main__ import build_commands\n"
        "try: build_commands()(['serve', '--help'])\n"
        "except SystemExit: print(*{name.partition('.')[0] for name in sys.modules})"
    )
    ended = subprocess.run((sys.executable, "-c", code), check=True, capture_output=True, text=True)
    assert "--data-dir" in ended.stdout
    assert HEAVY.isdisjoint(ended.stdout.splitlines()[-1].split())


def test_a_database_is_upgraded_once_and_for_all(data_dir: Path) -> None:
    head = migrate.head()
    for _ in range(2):
        assert run("db", "upgrade") == (0, f"The database is at {head}.\n", "")
    assert run("db", "current") == (0, f"The database is at {head}; this release needs {head}.\n", "")


def test_asking_for_the_schema_creates_nothing(data_dir: Path) -> None:
    assert run("db", "current") == (0, f"The database is empty; this release needs {migrate.head()}.\n", "")
    assert not data_dir.exists()


def test_a_database_that_cannot_be_opened_is_named(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MODELYARD_DATABASE_URL", f"sqlite:///{data_dir}/missing/registry.db")
    status, _, errors = run("db", "upgrade")
    assert (status, errors) == (1, "modelyard: The database cannot be used: unable to open database file.\n")


def test_a_database_of_a_newer_release_is_left_alone(data_dir: Path) -> None:
    run("db", "upgrade")
    with closing(pysqlite3.dbapi2.connect(data_dir / "registry.db")) as database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
        database.commit()
    status, _, errors = run("db", "upgrade")
    assert status == 1
    assert "newer than this release" in errors


def test_an_option_wins_over_the_environment(tmp_path: Path, data_dir: Path) -> None:
    assert run("db", "upgrade", "--data-dir", str(tmp_path / "other"))[0] == 0
    assert (tmp_path / "other" / "registry.db").exists()
    assert not data_dir.exists()


def test_an_unknown_setting_ends_with_2(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MODELYARD_PROT", "1")
    status, _, errors = run("db", "current")
    assert (status, errors) == (2, "modelyard: MODELYARD_PROT is not a setting; the nearest one is MODELYARD_PORT.\n")

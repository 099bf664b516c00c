"""What is heavy and optional is imported only where a setting asks for it."""

import subprocess
import sys
from pathlib import Path

PROGRAM = """
import sys
from modelyard.bootstrap.asgi import create_app
from modelyard.bootstrap.settings import Settings
variables = dict(pair.split("=", 1) for pair in sys.argv[2:])
create_app(Settings.from_env({"MODELYARD_DATA_DIR": sys.argv[1], **variables}))
print(*{name.partition(".")[0] for name in sys.modules} & {"psycopg", "obstore", "alembic", "pyarrow", "vl_convert"})
"""


def imported(folder: Path, *variables: str) -> set[str]:
    command = [sys.executable, "-c", PROGRAM, str(folder), *variables]
    return set(subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout.split())


def test_the_default_server_imports_no_driver(tmp_path: Path) -> None:
    assert imported(tmp_path) == set()


def test_a_server_on_postgresql_imports_its_driver(tmp_path: Path) -> None:
    assert imported(tmp_path, "MODELYARD_DATABASE_URL=postgresql:///registry") == {"psycopg"}

import re
from pathlib import Path

from modelyard.bootstrap.settings import Setting, declared_settings
from modelyard.client.variables import CLIENT_VARIABLES

SOURCE = Path(__file__).parents[2] / "src" / "modelyard"

PAGE = (Path(__file__).parents[2] / "docs" / "settings.md").read_text(encoding="utf-8")
OF_THE_SERVER, _, OF_THE_CLIENT = PAGE.partition("\n## Of the client and the command line\n")


def row_of(setting: Setting) -> str:
    return f"| `{setting.variable}` | `{setting.default}` | {setting.reader.allowed} | {setting.meaning} |"


def test_the_page_has_one_row_for_each_setting_as_it_is_declared() -> None:
    rows = [line for line in OF_THE_SERVER.splitlines() if line.startswith("| `")]
    assert rows == [row_of(setting) for setting in declared_settings()]


def test_the_page_names_no_variable_that_is_not_a_setting() -> None:
    named = set(re.findall(r"MODELYARD_[A-Z_]+[A-Z]", OF_THE_SERVER))
    assert named == {setting.variable for setting in declared_settings()}


def test_the_page_has_one_row_for_each_variable_of_the_client_as_it_is_declared() -> None:
    rows = [line for line in OF_THE_CLIENT.splitlines() if line.startswith("| `")]
    assert rows == [f"| `{name}` | {meaning} |" for name, meaning in CLIENT_VARIABLES.items()]


def test_the_client_reads_no_variable_that_is_not_declared() -> None:
    sources = [path for part in ("client", "cli") for path in (SOURCE / part).rglob("*.py")]
    read = {
        name for path in sources for name in re.findall(r"\bMODELYARD_[A-Z_]+[A-Z]", path.read_text(encoding="utf-8"))
    }
    assert read == set(CLIENT_VARIABLES)

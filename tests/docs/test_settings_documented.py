import re
from pathlib import Path

from modelyard.bootstrap.settings import Setting, declared_settings

PAGE = Path(__file__).parents[2] / "docs" / "settings.md"


def row_of(setting: Setting) -> str:
    return f"| `{setting.variable}` | `{setting.default}` | {setting.reader.allowed} | {setting.meaning} |"


def test_the_page_has_one_row_for_each_setting_as_it_is_declared() -> None:
    rows = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| `")]
    assert rows == [row_of(setting) for setting in declared_settings()]


def test_the_page_names_no_variable_that_is_not_a_setting() -> None:
    named = set(re.findall(r"MODELYARD_[A-Z_]+[A-Z]", PAGE.read_text(encoding="utf-8")))
    assert named == {setting.variable for setting in declared_settings()}

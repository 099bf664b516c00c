import re
from collections.abc import Iterator
from pathlib import Path

import typer.main
from typer.core import TyperArgument, TyperCommand, TyperGroup

from modelyard.__main__ import build_commands
from modelyard.bootstrap.commands.outcome import FAILED, MISUSED

PAGE = (Path(__file__).parents[2] / "docs" / "commands.md").read_text(encoding="utf-8")


def commands_of(group: TyperGroup, name: str) -> Iterator[tuple[str, set[str]]]:
    """Each command with its options, and its arguments in capitals, groups left out."""
    for word, command in group.commands.items():
        if isinstance(command, TyperGroup):
            yield from commands_of(command, f"{name} {word}")
        else:
            assert isinstance(command, TyperCommand)
            yield f"{name} {word}", {
                option.upper() if isinstance(parameter, TyperArgument) else option
                for parameter in command.params
                for option in parameter.opts
            }


def sections() -> dict[str, str]:
    _, *parts = re.split(r"(?m)^## ", PAGE)
    return {title: text for title, _, text in (part.partition("\n") for part in parts)}


def root() -> TyperGroup:
    group = typer.main.get_command(build_commands())
    assert isinstance(group, TyperGroup)
    return group


def test_each_command_has_a_section_that_lists_its_options_and_no_others() -> None:
    documented = {
        title: set(re.findall(r"(?m)^\| `(--[a-z-]+|[A-Z]+)`", text))
        for title, text in sections().items()
        if title.startswith("modelyard ")
    }
    assert documented == dict(commands_of(root(), "modelyard"))


def test_the_options_of_the_program_itself_stand_above_the_sections() -> None:
    preamble = PAGE.partition("\n## ")[0]
    options = {option for parameter in root().params for option in parameter.opts}
    assert options == set(re.findall(r"--[a-z]+", preamble)) - {"--help"}


def test_each_exit_code_is_explained() -> None:
    assert re.findall(r"(?m)^\| (\d) ", sections()["Exit codes"]) == ["0", str(FAILED), str(MISUSED)]

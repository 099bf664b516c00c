import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer.main
from typer.core import TyperArgument, TyperCommand, TyperGroup

from modelyard.__main__ import SECTIONS, build_commands
from modelyard.bootstrap.commands import outcome
from modelyard.cli import exit_codes
from modelyard.cli.lazy_group import LazyGroup
from tests.docs.guide import blocks_of

PAGE = (Path(__file__).parents[2] / "docs" / "commands.md").read_text(encoding="utf-8")
OPTION = r"-{1,2}[A-Za-z][a-z-]*"


def root() -> LazyGroup:
    group = typer.main.get_command(build_commands())
    assert isinstance(group, LazyGroup)
    return group


def leaves_of(command: TyperCommand | TyperGroup, name: str) -> Iterator[tuple[str, TyperCommand]]:
    """Each command itself, groups left out."""
    if isinstance(command, TyperGroup):
        for word, below in command.commands.items():
            assert isinstance(below, TyperCommand | TyperGroup)
            yield from leaves_of(below, f"{name} {word}")
    else:
        yield name, command


def options_of(command: TyperCommand) -> set[str]:
    """Its options, and its arguments by what help calls them."""
    arguments = {str(one.metavar or one.name).upper() for one in command.params if isinstance(one, TyperArgument)}
    return arguments | {
        option
        for one in command.params
        if not isinstance(one, TyperArgument)
        for option in (*one.opts, *one.secondary_opts)
    }


COMMANDS = {
    name: command for word in root().commands for name, command in leaves_of(root().load(word), f"modelyard {word}")
}
OF_THE_CLIENT = {
    name
    for name in COMMANDS
    if any(name.split()[1] in entries for title, entries in SECTIONS.items() if not title.startswith("The server"))
}


def sections() -> dict[str, str]:
    _, *parts = re.split(r"(?m)^## ", PAGE)
    return {title: text for title, _, text in (part.partition("\n") for part in parts)}


def rows_of(text: str) -> set[str]:
    """What stands in code in the first cell of each row."""
    cells = re.findall(r"(?m)^\| (`.*?`) \|", text)
    return {name for cell in cells for name in re.findall(rf"`({OPTION}|[A-Z]+)`", cell)}


SHARED = rows_of(sections()["Options of all commands"])


def test_the_options_of_all_commands_are_those_that_each_of_the_client_has() -> None:
    assert {"--json", "--output", "-o", "--url", "--profile"} == SHARED
    speaking = OF_THE_CLIENT - {"modelyard completion"}
    assert {name for name in speaking if not options_of(COMMANDS[name]) >= SHARED} == set()


def test_each_command_has_a_section_that_lists_its_options_and_no_others() -> None:
    documented = {title: rows_of(text) for title, text in sections().items() if title.startswith("modelyard ")}
    there = {
        name: options_of(command) - (SHARED if name in OF_THE_CLIENT else set()) for name, command in COMMANDS.items()
    }
    assert documented == there


def test_each_command_of_the_client_has_an_example_that_it_takes() -> None:
    for name in OF_THE_CLIENT:
        examples = [body for language, _, body in blocks_of(sections()[name] + "\n") if language == "sh"]
        assert examples, name
        for example in examples:
            _, *words = shlex.split(re.sub(r"^eval \"\$\((.*)\)\"", r"\1", example.partition(" > ")[0]))
            group, named = root(), name.split()[1:]
            assert words[: len(named)] == named
            command, *_ = (
                found for word, found in leaves_of(group.load(named[0]), f"modelyard {named[0]}") if word == name
            )
            context = command.make_context(name, words[len(named) :], resilient_parsing=True)
            assert context.params.keys() >= {one.name for one in command.params if isinstance(one, TyperArgument)}


def test_what_the_overview_says_of_a_command_is_how_its_help_begins() -> None:
    said = {name: line.removesuffix(".") for entries in SECTIONS.values() for name, (_, line) in entries.items()}
    helps = {name: " ".join((root().load(name).help or "").split()) for name in said}
    assert {name: (line, helps[name]) for name, line in said.items() if not helps[name].startswith(line)} == {}


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_and_argument_says_what_it_is_for(name: str) -> None:
    for one in COMMANDS[name].params:
        assert getattr(one, "help", None), one.name


def test_the_options_of_the_program_itself_stand_above_the_sections() -> None:
    preamble = PAGE.partition("\n## ")[0]
    options = {option for parameter in root().params for option in parameter.opts}
    assert options == set(re.findall(r"--[a-z]+", preamble)) - {"--help"}


def test_each_exit_code_is_explained() -> None:
    codes = {value for name, value in vars(exit_codes).items() if name.isupper() and isinstance(value, int)}
    assert codes >= {outcome.FAILED, outcome.MISUSED}
    assert {int(code) for code in re.findall(r"(?m)^\| (\d+) ", sections()["Exit codes"])} == {0} | codes

"""The root of the command line: it knows the names of all commands and imports the one that is asked for."""

from collections.abc import Mapping
from importlib import import_module
from importlib.util import find_spec
from typing import Annotated, Any, ClassVar

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from modelyard.cli.catalogue import Entries
from modelyard.cli.exit_codes import FAILED
from modelyard.cli.overview import overview

_SETTINGS = {"help_option_names": ["-h", "--help"]}
_SERVER, _MARK_OF_THE_SERVER = "modelyard.bootstrap.", "fastapi"


class LazyGroup(TyperGroup):
    """Holds a stub with a name and a line of help for each command, which is enough for help and completion."""

    sections: ClassVar[Mapping[str, Entries]] = {}

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        self.places = {name: place for part in self.sections.values() for name, (place, _) in part.items()}
        for part in self.sections.values():
            for name, (_, line) in part.items():
                self.add_command(TyperCommand(name, help=line))

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:  # noqa: ANN401 - the types are Typer's private ones
        """Import the command in place of its stub."""
        name, stub, rest = super().resolve_command(ctx, args)
        return name, stub and self.load(str(name)), rest

    def load(self, name: str) -> TyperCommand | TyperGroup:
        """The command itself.

        Raises:
            typer.Exit: It needs the server, which is not installed; a sentence on stderr says so.
        """
        module, _, attribute = self.places[name].partition(":")
        if module.startswith(_SERVER) and find_spec(_MARK_OF_THE_SERVER) is None:
            typer.echo(f"modelyard: `modelyard {name}` needs the server: pip install 'modelyard[server]'", err=True)
            raise typer.Exit(FAILED)
        found = getattr(import_module(module), attribute)
        if isinstance(found, typer.Typer):
            return _of(found, name)
        alone = typer.Typer(add_completion=False, rich_markup_mode=None, context_settings=_SETTINGS)
        alone.command(name)(found)
        return _of(alone, name)

    def format_help(self, _ctx: Any, formatter: Any) -> None:  # noqa: ANN401 - the types are Typer's private ones
        """The same overview that the entry point prints without Typer."""
        formatter.write(overview(self.sections))


def lazy_commands(sections: Mapping[str, Entries]) -> typer.Typer:
    """The command line with these commands."""
    root = type("Root", (LazyGroup,), {"sections": sections})
    commands = typer.Typer(
        name="modelyard",
        cls=root,
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings=_SETTINGS,
    )
    commands.callback()(_about)
    return commands


def complete_words() -> None:
    """Let the next run of the commands answer a shell's question; Typer does so by itself only with its own options."""
    from typer.completion import get_completion_inspect_parameters

    get_completion_inspect_parameters()  # what counts is what it does first: the shells are made known


def _of(commands: typer.Typer, name: str) -> TyperCommand | TyperGroup:
    made = get_command(commands)
    assert isinstance(made, TyperCommand | TyperGroup)  # noqa: S101 - for type checkers
    made.name = name
    made.context_settings = {**made.context_settings, **_SETTINGS}
    return made


def _print_version(is_wanted: bool) -> None:
    if is_wanted:
        from modelyard import __version__

        typer.echo(f"modelyard {__version__}")
        raise typer.Exit


def _about(
    _version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """A machine-learning model registry: register, describe, version, measure, promote, search and fetch models."""

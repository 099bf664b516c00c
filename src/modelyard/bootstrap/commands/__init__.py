"""The commands that run where the server's data is. Each imports what it needs when it runs."""

from typing import Annotated

import typer

from modelyard.bootstrap.commands.audit import export
from modelyard.bootstrap.commands.backup import backup
from modelyard.bootstrap.commands.copy import copy
from modelyard.bootstrap.commands.db import current, upgrade
from modelyard.bootstrap.commands.gc import gc
from modelyard.bootstrap.commands.health import health
from modelyard.bootstrap.commands.restore import restore
from modelyard.bootstrap.commands.serve import serve
from modelyard.bootstrap.commands.verify import verify


def build_commands() -> typer.Typer:
    """The command line, as a new object."""
    commands = typer.Typer(
        name="modelyard",
        help="A machine-learning model registry.",
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    commands.callback()(_about)
    commands.command()(serve)
    commands.command()(health)
    commands.command()(gc)
    commands.command()(verify)
    commands.command()(backup)
    commands.command()(restore)
    commands.command()(copy)
    database = typer.Typer(help="Look after the database.", no_args_is_help=True, rich_markup_mode=None)
    database.command()(upgrade)
    database.command()(current)
    commands.add_typer(database, name="db")
    audit = typer.Typer(help="Note how far history has come.", no_args_is_help=True, rich_markup_mode=None)
    audit.callback()(lambda: None)
    audit.command()(export)
    commands.add_typer(audit, name="audit")
    return commands


def _print_version(is_wanted: bool) -> None:
    if is_wanted:
        from importlib.metadata import version

        typer.echo(f"modelyard {version('modelyard')}")
        raise typer.Exit


def _about(
    _version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """A machine-learning model registry: register, describe, version, measure, promote, search and fetch models."""

"""Options that several commands take, and the settings that come of them."""

import os
from pathlib import Path
from typing import Annotated

import typer

from modelyard.bootstrap.settings import PREFIX, Settings

DataDir = Annotated[Path | None, typer.Option(help="Folder that holds the registry.", show_default="./modelyard-data")]

IsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
AcceptDamage = Annotated[bool, typer.Option("--accept-damage", help="Go on without files that are damaged.")]
Sample = Annotated[int, typer.Option(min=0, help="Read this many files once more at the end, at random.")]


def settings_with(**options: object) -> Settings:
    """The settings from the environment, with the options that were given in place of theirs.

    Raises:
        SettingsError: A setting is unknown, or its value is not allowed.
    """
    given = {PREFIX + name.upper(): str(value) for name, value in options.items() if value is not None}
    return Settings.from_env({**os.environ, **given})

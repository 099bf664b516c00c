"""The entry point of the command line: `modelyard`, or `python -m modelyard`.

The overview is printed before anything large is imported: Typer alone takes six times as long as an empty Python.
"""

import os
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from modelyard.bootstrap.commands import COMMANDS as SERVER_COMMANDS
from modelyard.cli.catalogue import SECTIONS as CLIENT_SECTIONS
from modelyard.cli.catalogue import Entries
from modelyard.cli.overview import overview

if TYPE_CHECKING:
    from typer import Typer

SECTIONS: Final[Mapping[str, Entries]] = {**CLIENT_SECTIONS, "The server, where its data is": SERVER_COMMANDS}
_COMPLETION: Final = "_MODELYARD_COMPLETE"
"""The shell's question for words is in this variable, and not in the arguments."""


def main() -> None:
    """Run a command. Variables in a file `.env` of the working folder count where the environment has none."""
    if sys.argv[1:] in ([], ["-h"], ["--help"]) and _COMPLETION not in os.environ:
        sys.stdout.write(overview(SECTIONS))
        return
    if os.path.exists(".env"):  # noqa: PTH110 - pathlib would take longer than the question
        from dotenv import load_dotenv

        load_dotenv(".env")
    commands = build_commands()
    if _COMPLETION in os.environ:
        from modelyard.cli.lazy_group import complete_words

        complete_words()
    commands(prog_name="modelyard")


def build_commands() -> "Typer":
    """The command line, as a new object; each command is imported when it is asked for."""
    from modelyard.cli.lazy_group import lazy_commands

    return lazy_commands(SECTIONS)


if __name__ == "__main__":
    main()

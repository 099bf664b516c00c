"""How a command fails: a sentence on stderr and an exit code, never a traceback."""

from collections.abc import Iterator
from contextlib import contextmanager

import typer

from modelyard.bootstrap.settings import SettingsError
from modelyard.bootstrap.start import CannotStart
from modelyard.domain.errors import RegistryError

FAILED = 1
"""The command understood what to do, and could not do it."""

MISUSED = 2
"""A wrong option or setting; also what Typer exits with for the former."""


@contextmanager
def readable_failures() -> Iterator[None]:
    """Turn the errors that an operator can do something about into a message and an exit code."""
    try:
        yield
    except SettingsError as error:
        _fail(str(error), MISUSED)
    except CannotStart as error:
        _fail(str(error), FAILED)
    except RegistryError as error:
        _fail(". ".join(filter(None, (error.message, error.hint))), FAILED)


def _fail(message: str, code: int) -> None:
    typer.echo(f"modelyard: {message}", err=True)
    raise typer.Exit(code)

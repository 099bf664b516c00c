"""What all commands of the client have: options for the registry and the output, and ends without a traceback."""

import inspect
import os
import sys
from collections.abc import Callable, Mapping
from typing import Annotated, Any

import typer

from modelyard.cli.exit_codes import FAILED, INTERRUPTED, exit_code_of
from modelyard.cli.output import Output
from modelyard.cli.session import Session
from modelyard.cli.text import checklist_lines, plain
from modelyard.client.failures import ModelyardError, RegistryError

_AsJson = Annotated[bool, typer.Option("--json", help="The same as --output json.")]
_AsOutput = Annotated[
    Output, typer.Option("--output", "-o", help="How to print the answer.", envvar="MODELYARD_OUTPUT")
]
_Url = Annotated[str | None, typer.Option("--url", help="Address of the registry.", show_default="MODELYARD_URL")]
_Profile = Annotated[
    str | None, typer.Option("--profile", help="Profile of `modelyard login`.", show_default="MODELYARD_PROFILE")
]


def _options(
    *, as_json: _AsJson = False, output: _AsOutput = Output.TABLE, url: _Url = None, profile: _Profile = None
) -> Session:
    return Session(output=Output.JSON if as_json else output, url=url, profile=profile)


_COMMON = inspect.signature(_options).parameters


def client_command(function: Callable[..., None]) -> Callable[..., None]:
    """Give a function, whose first parameter is the session, the options that all commands of the client share."""
    _, *own = inspect.signature(function, eval_str=True).parameters.values()

    def run(**given: Any) -> None:
        session = _options(**{name: given.pop(name) for name in _COMMON})
        _run(function, session, given)

    parameters = [*(one.replace(kind=inspect.Parameter.KEYWORD_ONLY) for one in own), *_COMMON.values()]
    run.__name__, run.__doc__, run.__module__ = function.__name__, function.__doc__, function.__module__
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined] # what Typer reads options from
    run.__annotations__ = {one.name: one.annotation for one in parameters}
    return run


def _run(function: Callable[..., None], session: Session, given: Mapping[str, object]) -> None:
    """End as the page on commands says."""
    try:
        function(session, **given)
        sys.stdout.flush()
    except ModelyardError as error:
        _complain(error)
        raise typer.Exit(exit_code_of(error)) from None
    except BrokenPipeError:
        # Whoever read the output has enough of it. Python would complain once more when it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        typer.echo(f"modelyard: {where}{error.strerror or error}", err=True)
        raise typer.Exit(FAILED) from None
    except KeyboardInterrupt:
        typer.echo("modelyard: interrupted", err=True)
        raise typer.Exit(INTERRUPTED) from None
    finally:
        session.close()


def _complain(error: ModelyardError) -> None:
    lines = [f"modelyard: {plain(error.message)}"]
    if isinstance(error, RegistryError):
        lines += checklist_lines(error.details.get("gates"))
    if error.hint:
        lines.append(plain(error.hint))
    typer.echo("\n".join(lines), err=True)

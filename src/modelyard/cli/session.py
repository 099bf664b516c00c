"""One run of a command: the registry that is meant, and how its answers are printed."""

import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

import typer

from modelyard.cli import terminal
from modelyard.cli.exit_codes import MISUSED
from modelyard.cli.output import Column, Output, csv_rows, json_list, json_text, yaml_list, yaml_text
from modelyard.client.answers import Document
from modelyard.client.registry import Registry
from modelyard.client.transfer.progress import Progress
from modelyard.client.transport import Patience

_PATIENCE: Final = Patience(deadline_seconds=10.0)
"""Somebody waits for the answer; a training job that may wait for a minute uses the client."""


@dataclass(slots=True, kw_only=True)
class Session:
    """What the options of all commands say."""

    output: Output = Output.TABLE
    url: str | None = None
    profile: str | None = None
    patience: Patience = _PATIENCE
    _registry: Registry | None = field(default=None, init=False)

    @property
    def registry(self) -> Registry:
        """The registry; nothing is sent yet.

        Raises:
            Misconfigured: The address or the profile cannot be understood.
        """
        if self._registry is None:
            from modelyard.client.connection import connect

            self._registry = connect(self.url, profile=self.profile, patience=self.patience)
        return self._registry

    def transfer(self) -> Progress:
        """Be as patient as transfers have to be; what shows how far they are, where somebody watches at a terminal."""
        self.patience = Patience()
        from modelyard.client.transfer.progress_bar import progress_bar

        return progress_bar()

    @property
    def is_for_people(self) -> bool:
        """Whether somebody reads the answer, rather than a program."""
        return self.output is Output.TABLE

    def close(self) -> None:
        """Let go of the connections."""
        if self._registry is not None:
            self._registry.close()

    def list(self, documents: Iterable[Document], columns: Sequence[Column], *, empty: str = "") -> None:
        """Print a list; `empty` is what people are told of an empty one."""
        match self.output:
            case Output.JSON:
                sys.stdout.writelines(json_list(documents))
            case Output.YAML:
                sys.stdout.writelines(yaml_list(documents))
            case Output.CSV:
                sys.stdout.writelines(csv_rows(documents, columns))
            case Output.TABLE:
                text = terminal.table(documents, columns)
                if text:
                    terminal.page(text)
                else:
                    typer.echo(empty, err=True)

    def show(self, document: Document, columns: Sequence[Column], text: str | None = None) -> None:
        """Print one document; people get `text`, or a line for each column."""
        match self.output:
            case Output.JSON:
                sys.stdout.write(f"{json_text(document)}\n")
            case Output.YAML:
                sys.stdout.write(yaml_text(document))
            case Output.CSV:
                sys.stdout.writelines(csv_rows([document], columns))
            case Output.TABLE:
                told = terminal.record(document, columns) if text is None else text
                terminal.page(told if not told or told.endswith("\n") else f"{told}\n")

    def note(self, text: str) -> None:
        """Tell people something beside the answer, on stderr."""
        if self.is_for_people:
            typer.echo(text, err=True)

    def confirm(self, question: str, *, is_agreed: bool) -> None:
        """Ask before something is lost, unless `--yes` was given.

        Raises:
            typer.Exit: They said no, or there is no terminal to ask at.
        """
        if is_agreed:
            return
        if not sys.stdin.isatty():
            typer.echo(f"modelyard: {question} There is no terminal to ask at: say --yes.", err=True)
            raise typer.Exit(MISUSED)
        if not typer.confirm(question, err=True):
            typer.echo("modelyard: nothing was done.", err=True)
            raise typer.Exit(1)

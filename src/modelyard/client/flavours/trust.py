"""Whose code may run when a model is loaded: nobody's, unless the caller says so."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from modelyard.client.failures import UntrustedFormat

EVERYTHING: Final = "pickle"
"""Says: whatever code is in the file may run, I trust those who pushed it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """Either everything, or types by their full names (`mypackage.features.Ratio`)."""

    is_complete: bool = False
    types: frozenset[str] = frozenset()

    @classmethod
    def of(cls, given: str | Iterable[str]) -> "Trust":
        """From what a caller gives to `load`: `"pickle"`, or names of types."""
        names = frozenset([given] if isinstance(given, str) else given)
        return cls(is_complete=EVERYTHING in names, types=names - {EVERYTHING})

    def check_types(self, found: Iterable[str], entry: str) -> None:
        """Let a file pass that holds these types.

        Raises:
            UntrustedFormat: some are not trusted; it names them.
        """
        unknown = sorted(set(found) - self.types)
        if unknown and not self.is_complete:
            shown = ", ".join(repr(name) for name in unknown)
            raise UntrustedFormat(
                f"{entry} holds types that are not known to be safe: {shown}",
                hint=f"Loading runs their code. If you trust it, load with trust=[{shown}].",
            )

    def check_format(self, name: str, entry: str) -> None:
        """Let a format pass whose files can run code.

        Raises:
            UntrustedFormat: not everything is trusted.
        """
        if not self.is_complete:
            raise UntrustedFormat(
                f"{entry} is in the format {name}: reading it runs code that whoever made the file chose",
                hint='If you trust those who can push this model, load with trust="pickle"; or push a safe format.',
            )

"""The address of a comparison, which is its whole state."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlencode


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedAddress:
    """What is compared, as references; `baseline` is a place from 1."""

    versions: Sequence[str]
    baseline: int = 1
    has_differences_only: bool = False

    @property
    def href(self) -> str:
        """The address; what is as usual is left out."""
        pairs = [("version", version) for version in self.versions]
        if self.baseline != 1:
            pairs.append(("baseline", str(self.baseline)))
        if self.has_differences_only:
            pairs.append(("differences", "true"))
        return f"/compare?{urlencode(pairs)}" if pairs else "/compare"

    @property
    def choosing(self) -> str:
        """Where others are chosen."""
        return f"{self.href}{'&' if self.versions else '?'}choose=true"

    def without(self, place: int) -> "ComparedAddress":
        """Without the version at a place, from 0."""
        kept = [version for index, version in enumerate(self.versions) if index != place]
        held = self.baseline - 1
        baseline = 1 if held == place else self.baseline - (1 if place < held else 0)
        return replace(self, versions=kept, baseline=baseline)

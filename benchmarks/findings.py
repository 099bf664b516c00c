"""What a benchmark found out: a figure, what it is held against, and whether that is enough."""

from dataclasses import dataclass

from benchmarks.series import Series


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A bound that the product has set itself."""

    bound: float
    is_ceiling: bool

    def is_met_by(self, value: float) -> bool:
        """Whether the value is on the right side; the bound itself is."""
        return value <= self.bound if self.is_ceiling else value >= self.bound


def at_least(bound: float) -> Target:
    """Met by the bound, or more."""
    return Target(bound=bound, is_ceiling=False)


def at_most(bound: float) -> Target:
    """Met by the bound, or less."""
    return Target(bound=bound, is_ceiling=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One row of the table.

    Where something stands beside the figure, the target is about their ratio, otherwise about the figure itself. What
    should stand beside it and could not be measured here has a name but no series; such a target stays open.
    """

    what: str
    figure: Series
    unit: str
    beside_what: str = ""
    beside: Series | None = None
    target: Target | None = None

    @property
    def ratio(self) -> Series | None:
        """The figure over what stands beside it, round by round."""
        return None if self.beside is None else self.figure.over(self.beside)

    @property
    def is_met(self) -> bool | None:
        """Whether the median keeps to the target; None where there is none, or it could not be judged."""
        judged = self.ratio if self.beside_what else self.figure
        return None if self.target is None or judged is None else self.target.is_met_by(judged.median)

    def document(self) -> dict[str, object]:
        """All values, for programs."""
        ratio = self.ratio
        return {
            "what": self.what,
            "unit": self.unit,
            "figure": self.figure.median,
            "figures": self.figure.values,
            "beside_what": self.beside_what or None,
            "beside": self.beside and self.beside.median,
            "besides": self.beside and self.beside.values,
            "ratio": ratio and ratio.median,
            "ratios": ratio and ratio.values,
            "target": self.target and {"bound": self.target.bound, "is_ceiling": self.target.is_ceiling},
            "is_met": self.is_met,
        }

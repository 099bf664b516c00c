"""Findings as a table in Markdown, aligned, so that it reads the same on a terminal and in the docs."""

from collections.abc import Sequence

from benchmarks.findings import Finding
from benchmarks.series import Series

TITLES = ("what", "figure", "beside what", "its figure", "ratio", "(lowest to highest)", "target", "met")
NOTHING = "-"
_VERDICTS = {True: "yes", False: "**no**", None: NOTHING}


def table(findings: Sequence[Finding]) -> str:
    """The findings, one a line."""
    rows = [TITLES, *(_row(finding) for finding in findings)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(TITLES))]
    titles, *lines = [" | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows]
    ruler = " | ".join("-" * width for width in widths)
    return "\n".join(f"| {line} |" for line in (titles, ruler, *lines))


def amount(value: float) -> str:
    """A number with three significant digits, or all that stand before the point."""
    magnitude = abs(value)
    if magnitude >= 100:
        return f"{value:,.0f}"
    if magnitude >= 10:
        return f"{value:.1f}"
    return f"{value:.2f}" if magnitude >= 1 else f"{value:.3f}" if magnitude else "0"


def _row(finding: Finding) -> tuple[str, ...]:
    ratio = finding.ratio
    return (
        finding.what,
        f"{amount(finding.figure.median)} {finding.unit}",
        finding.beside_what or NOTHING,
        NOTHING if finding.beside is None else f"{amount(finding.beside.median)} {finding.unit}",
        NOTHING if ratio is None else amount(ratio.median),
        _spread(finding.figure if ratio is None else ratio),
        _target(finding),
        "not measured" if finding.target and finding.is_met is None else _VERDICTS[finding.is_met],
    )


def _spread(series: Series) -> str:
    return NOTHING if len(series.values) == 1 else f"{amount(min(series.values))} to {amount(max(series.values))}"


def _target(finding: Finding) -> str:
    if finding.target is None:
        return NOTHING
    unit = "" if finding.beside_what else f" {finding.unit}"
    return f"{'≤' if finding.target.is_ceiling else '≥'} {finding.target.bound:g}{unit}"

"""Drawing points in a terminal, with dots of braille: two by four in each character."""

from collections.abc import Sequence

_DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
_ROWS = 12


def plot_text(points: Sequence[tuple[float, float]], *, width: int, label: str, rows: int = _ROWS) -> str:
    """A line through the points from left to right, with the greatest and the smallest value beside it.

    Args:
        points: Places and values, in the order of their places; at least one.
        width: Of the whole, in characters.
        label: What the places are, such as `step`.
        rows: Lines of the drawing itself.
    """
    low, high = min(value for _, value in points), max(value for _, value in points)
    edges = [f"{high:.6g}", f"{low:.6g}"]
    margin = max(map(len, edges))
    columns = max(width - margin - 2, 10)
    grid = [[0] * columns for _ in range(rows)]
    dots = [_dot(point, points, low, high, columns * 2 - 1, rows * 4 - 1) for point in points]
    for one, other in zip(dots, dots[1:] or dots, strict=False):
        _draw(grid, one, other)
    sides = [edges[0], *[""] * (rows - 2), edges[1]]
    lines = [
        f"{side:>{margin}} ┤{''.join(chr(0x2800 + cell) for cell in row)}"
        for side, row in zip(sides, grid, strict=True)
    ]
    first, last = f"{points[0][0]:g}", f"{points[-1][0]:g}"
    between = max(columns - len(first) - len(last), 1)
    lines.append(f"{' ' * margin}  {first}{label:^{between}}{last}")
    return "".join(f"{line.rstrip()}\n" for line in lines)


def _dot(
    point: tuple[float, float], points: Sequence[tuple[float, float]], low: float, high: float, right: int, bottom: int
) -> tuple[int, int]:
    """Column and row of a point, in dots from the upper left."""
    first, last = points[0][0], points[-1][0]
    across = (point[0] - first) / (last - first) if last > first else 0.5
    up = (point[1] / 2 - low / 2) / (high / 2 - low / 2) if high > low else 0.5  # halves: their difference is finite
    return round(across * right), round((1 - up) * bottom)


def _draw(grid: list[list[int]], one: tuple[int, int], other: tuple[int, int]) -> None:
    steps = max(abs(other[0] - one[0]), abs(other[1] - one[1]), 1)
    for step in range(steps + 1):
        x = round(one[0] + (other[0] - one[0]) * step / steps)
        y = round(one[1] + (other[1] - one[1]) * step / steps)
        grid[y // 4][x // 2] |= _DOTS[y % 4][x % 2]

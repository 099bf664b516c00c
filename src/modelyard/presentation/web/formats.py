"""Moments, sizes and numbers as people read them."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from modelyard.domain.event import rfc3339

_UNITS = ("B", "KiB", "MiB", "GiB", "TiB")
_STEPS = ((timedelta(days=1), timedelta(hours=1), "hour"), (timedelta(hours=1), timedelta(minutes=1), "minute"))


@dataclass(frozen=True, slots=True, kw_only=True)
class MomentView:
    """A moment: how long ago it was, for a month; its day after that; and exactly, for those who ask."""

    text: str
    exact: str
    machine: str


def moment(at: datetime, now: datetime) -> MomentView:
    """As it is shown to somebody who looks at `now`."""
    return MomentView(text=_ago(at, now), exact=f"{at:%d %b %Y, %H:%M:%S} UTC", machine=rfc3339(at))


def _ago(at: datetime, now: datetime) -> str:
    passed = now - at
    if passed < timedelta(minutes=1):
        return "just now"
    for below, unit, name in reversed(_STEPS):
        if passed < below:
            return _counted(passed // unit, name)
    days = passed.days
    if days < 31:
        return "yesterday" if days == 1 else f"{days} days ago"
    return f"{at.day} {at:%b %Y}"


def _counted(count: int, name: str) -> str:
    return f"{count} {name}{'' if count == 1 else 's'} ago"


def size_text(size_bytes: int) -> str:
    """`47.1 KiB`: in the largest unit of which there is one."""
    size, unit = float(size_bytes), 0
    while size >= 1024 and unit < len(_UNITS) - 1:
        size, unit = size / 1024, unit + 1
    return f"{size_bytes} B" if unit == 0 else f"{size:.1f} {_UNITS[unit]}"


def number_text(value: float) -> str:
    """At most five significant digits; whole numbers up to a million million as they are."""
    if value == int(value) and abs(value) < 1e12:
        return f"{int(value)}"
    return f"{value:.5g}"


def count_text(count: int, noun: str) -> str:
    """`1 version`, `1,204 versions`."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def short_digest(digest: str) -> str:
    """Enough of a digest to tell it from others."""
    return digest.removeprefix("sha256:")[:12]

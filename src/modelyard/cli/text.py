"""Values as people read them on a terminal."""

from collections.abc import Iterator
from typing import Any

_UNITS = ("KiB", "MiB", "GiB", "TiB", "PiB")


def plain(text: str) -> str:
    """A text without what could move the cursor, change colours or hide itself: such characters are written out."""
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() else repr(one)[1:-1] for one in text)


def plain_lines(text: str) -> str:
    """The same for a text of several lines, which stay."""
    return "".join(f"{plain(line.expandtabs())}\n" for line in text.splitlines())


def shown(name: str, value: object) -> str:
    """A member of a document in a cell: sizes with units, moments to the second, nothing as `-`."""
    if value is None or value in ("", [], {}):
        return "-"
    if name.endswith("_bytes") and isinstance(value, int):
        return size_text(value)
    if (name == "at" or name.endswith(("_at", ".at"))) and isinstance(value, str):
        return plain(value[:19].replace("T", " "))
    return plain(text_of(value))


def text_of(value: object) -> str:
    """A value on one line."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, dict):
        return ", ".join(f"{name}={text_of(one)}" for name, one in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(text_of(one) for one in value)
    return str(value)


def size_text(size_bytes: int) -> str:
    """`0 B`, `1023 B`, `1.5 KiB`, `12.0 GiB`."""
    if size_bytes < 1024:
        return f"{size_bytes} B"
    power = min((size_bytes.bit_length() - 1) // 10, len(_UNITS))
    return f"{size_bytes / 1024**power:.1f} {_UNITS[power - 1]}"


def checklist_lines(gates: Any) -> Iterator[str]:  # noqa: ANN401 - whatever a registry has put into a problem
    """What each gate saw, one a line."""
    for gate in gates if isinstance(gates, list) else ():
        mark = "passed" if gate.get("passed") else "failed"
        saw = text_of(gate.get("values") or {})
        yield plain(f"  {mark}: {gate.get('name')}: {gate.get('expression')}" + (f" ({saw})" if saw else ""))

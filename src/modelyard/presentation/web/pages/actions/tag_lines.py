"""Tags as lines that people edit: `key: value`. What a line cannot say as it is stands in quotes, as in JSON."""

import json
from collections.abc import Mapping

from modelyard.domain.errors import FieldError, InvalidInput


def tag_lines(tags: Mapping[str, str]) -> str:
    """The tags, one on each line, in their order."""
    return "\n".join(f"{_written(key)}: {_written(value)}".rstrip() for key, value in tags.items())


def tags_in(lines: str) -> dict[str, str]:
    """The tags that lines say; empty lines say nothing.

    Raises:
        InvalidInput: a line cannot be read, or names a key twice.
    """
    tags: dict[str, str] = {}
    for number, line in enumerate(lines.split("\n"), 1):
        if not line.strip():
            continue
        key, value = _read(line.strip(), number)
        if key in tags:
            raise _refused(number, f"names {key!r} again")
        tags[key] = value
    return tags


def tag_patch(before: Mapping[str, str], after: Mapping[str, str]) -> dict[str, str | None]:
    """What makes of the one the other (JSON Merge Patch): what is missing afterwards is taken away."""
    gone: dict[str, str | None] = dict.fromkeys(before.keys() - after.keys())
    return gone | {key: value for key, value in after.items() if before.get(key) != value}


def _written(text: str) -> str:
    is_plain = ":" not in text and "\n" not in text and "\r" not in text and text.strip() == text and text[:1] != '"'
    return text if is_plain else json.dumps(text, ensure_ascii=False)


def _read(line: str, number: int) -> tuple[str, str]:
    key, rest = _part(line, number) if line.startswith('"') else (line.partition(":")[0].rstrip(), None)
    if rest is None:
        rest = line[len(line.partition(":")[0]) :]
    if not rest.lstrip().startswith(":"):
        raise _refused(number, "has no colon; write key: value")
    value = rest.lstrip()[1:].strip()
    if not value.startswith('"'):
        return key, value
    text, behind = _part(value, number)
    if behind.strip():
        raise _refused(number, "goes on behind the closing quotes")
    return key, text


def _part(text: str, number: int) -> tuple[str, str]:
    """A text in quotes at the beginning, and what follows it."""
    try:
        value, end = json.JSONDecoder().raw_decode(text)
    except ValueError as error:
        raise _refused(number, "has quotes that do not close") from error
    return str(value), text[end:]


def _refused(number: int, message: str) -> InvalidInput:
    told = f"line {number} {message}"
    return InvalidInput(f"tags: {told}", errors=[FieldError(pointer="/tags", message=told)])

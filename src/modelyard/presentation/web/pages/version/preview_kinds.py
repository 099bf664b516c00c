"""What kind of file can be looked at. It is told by the end of the name; what the maker says of it is not believed."""

from enum import StrEnum
from types import MappingProxyType


class PreviewKind(StrEnum):
    """How a file is shown."""

    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"
    TABLE = "table"
    TENSORS = "tensors"
    IMAGE = "image"


_KINDS = MappingProxyType(
    {
        "json": PreviewKind.JSON,
        "md": PreviewKind.MARKDOWN,
        "markdown": PreviewKind.MARKDOWN,
        "csv": PreviewKind.TABLE,
        "tsv": PreviewKind.TABLE,
        "safetensors": PreviewKind.TENSORS,
        **dict.fromkeys(("png", "jpg", "jpeg", "gif", "webp"), PreviewKind.IMAGE),
        **dict.fromkeys(("yaml", "yml", "txt", "log", "py", "toml", "cfg", "ini", "jsonl", "lock"), PreviewKind.TEXT),
    }
)
_NAMES = frozenset({"MLmodel", "LICENSE", "README", "Dockerfile"})


def kind_of(path: str) -> PreviewKind | None:
    """How a file of this name is shown; None where it is not."""
    name = path.rpartition("/")[2]
    if name in _NAMES:
        return PreviewKind.TEXT
    return _KINDS.get(name.rpartition(".")[2].lower()) if "." in name else None

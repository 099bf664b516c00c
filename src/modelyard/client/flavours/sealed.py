"""The file `modelyard.json` in a version: what it is, and how to read it. Sealed by the version's digest, as all files.

Whoever pushed the version chose its content, so it is read as any input from outside.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, Final

from modelyard.client.answers import Document
from modelyard.client.failures import DamagedFile, UnsupportedModel

SEALED_NAME: Final = "modelyard.json"
SCHEMA: Final = 1
_LARGEST: Final = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """How to read a version, and what it was made with.

    Attributes:
        flavour: The name of the flavour that wrote it.
        form: The name of the flavour's format.
        entry: The relative path of the file with which loading begins; empty for the whole folder.
        details: What the flavour noted for itself.
        python: The version of Python that made it; empty where none did.
        platform: The operating system and processor.
        packages: Exact versions of the distributions that the model needs.
        loaded: Those of other distributions that the process had loaded; they may have had a part in it.
        example: The signature of the example that was given, or of the model itself.
    """

    flavour: str
    form: str
    entry: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)
    python: str = ""
    platform: str = ""
    packages: Mapping[str, str] = field(default_factory=dict)
    loaded: Mapping[str, str] = field(default_factory=dict)
    example: Mapping[str, Any] | None = None

    @property
    def content(self) -> bytes:
        """The file: the same for the same values, so that equal models have equal digests."""
        document: Document = {
            "modelyard": SCHEMA,
            "flavour": self.flavour,
            "format": self.form,
            "entry": self.entry,
            "details": self.details,
            "python": self.python,
            "platform": self.platform,
            "packages": self.packages,
            "loaded": self.loaded,
            "example": self.example,
        }
        return json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False).encode() + b"\n"


def read_sealed(folder: Path) -> Sealed | None:
    """What the version in a folder says of itself; nothing where it was registered without this client.

    Raises:
        UnsupportedModel: a newer client wrote it.
        DamagedFile: it is no such file.
    """
    path = folder / SEALED_NAME
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST + 1)
    except FileNotFoundError:
        return None
    return sealed_of(content)


def sealed_of(content: bytes) -> Sealed:
    """Read the content of the file.

    Raises:
        UnsupportedModel, DamagedFile: as `read_sealed`.
    """
    try:
        document = json.loads(content) if len(content) <= _LARGEST else None
    except (ValueError, RecursionError):
        document = None
    schema = document.get("modelyard") if isinstance(document, dict) else None
    if not isinstance(document, dict) or type(schema) is not int:
        raise DamagedFile(f"{SEALED_NAME} is not the description of a model")
    if schema > SCHEMA:
        raise UnsupportedModel("a newer client pushed this version", hint="Run: pip install --upgrade modelyard")
    sealed = Sealed(
        flavour=_text(document, "flavour"),
        form=_text(document, "format"),
        entry=_text(document, "entry"),
        details=_mapping(document, "details"),
        python=_text(document, "python"),
        platform=_text(document, "platform"),
        packages=_texts(document, "packages"),
        loaded=_texts(document, "loaded"),
        example=_mapping(document, "example") or None,
    )
    _check_entry(sealed.entry)
    return sealed


def _check_entry(entry: str) -> None:
    path = PurePosixPath(entry)
    if path.is_absolute() or ".." in path.parts or "\\" in entry or ":" in entry or "\0" in entry:
        raise DamagedFile(f"{SEALED_NAME} names an entry outside the version: {entry!r}")


def _text(document: Document, name: str) -> str:
    value = document.get(name, "")
    if not isinstance(value, str):
        raise DamagedFile(f"{SEALED_NAME}: {name} is no text")
    return value


def _mapping(document: Document, name: str) -> dict[str, Any]:
    value = document.get(name) or {}
    if not isinstance(value, dict):
        raise DamagedFile(f"{SEALED_NAME}: {name} is no object")
    return value


def _texts(document: Document, name: str) -> dict[str, str]:
    value = _mapping(document, name)
    if not all(isinstance(one, str) for one in value.values()):
        raise DamagedFile(f"{SEALED_NAME}: {name} holds more than text")
    return value

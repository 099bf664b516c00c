"""Folders of files, and versions made of them."""

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from modelyard.client.records import Version
from modelyard.client.registry import Registry
from modelyard.client.transfer.local_file import LocalFile, Source, local_files
from modelyard.client.transfer.sending import send

MIB = 1 << 20
ROOT = Path(__file__).parents[2]


def folder_of(folder: Path, contents: Mapping[str, bytes]) -> Path:
    for path, content in contents.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    return folder


def mixed(small: int = 40, large_bytes: int = 5 * MIB) -> dict[str, bytes]:
    """Small files in folders, a middling one, an empty one, two that are equal, and a large one."""
    files = {f"data/{number % 3}/{number}.bin": os.urandom(1000 + number) for number in range(small)}
    return files | {
        "config.json": b"{}",
        "empty": b"",
        "twin/a": b"equal",
        "twin/b": b"equal",
        "middle.bin": os.urandom(MIB + 1),
        "weights.bin": os.urandom(large_bytes),
    }


def files_in(folder: Path) -> list[LocalFile]:
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return local_files([Source(path=path.relative_to(folder).as_posix(), source=path) for path in paths])


def contents_of(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def registered(registry: Registry, files: Sequence[LocalFile], model: str = "churn") -> Version:
    send(registry.transport, files)
    body = {"files": [file.entry for file in files]}
    return Version.of(registry.transport.post(f"/models/{model}/versions", body, {"create_model": True}))


def client_command(statement: str) -> tuple[str, ...]:
    """A program that connects to `argv[1]` and does something there; it tells when it begins."""
    lines = (
        "import sys, modelyard",
        "from pathlib import Path",
        "from tests.client.samples import files_in",
        "from modelyard.client.transfer.sending import send",
        "registry = modelyard.connect(sys.argv[1])",
        "print('begun', flush=True)",
        statement,
        "print('ended', flush=True)",
    )
    return (sys.executable, "-c", "\n".join(lines))

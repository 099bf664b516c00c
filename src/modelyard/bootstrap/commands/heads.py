"""The file that notes the last event of every chain."""

import json
from collections.abc import Sequence
from pathlib import Path

from modelyard.application.ports.events import Head
from modelyard.domain.digest import Digest

_FORMAT = "modelyard heads 1"


class NoHeads(Exception):
    """The file is none of this kind; the message says why."""


def written(heads: Sequence[Head], at: str) -> bytes:
    """One line of JSON that says what it is, then one for each chain."""
    lines: list[dict[str, object]] = [{"format": _FORMAT, "at": at, "chains": len(heads)}]
    lines += [
        {"chain": head.chain, "model": head.model, "position": head.position, "hash": head.hash} for head in heads
    ]
    return "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines).encode()


def read(path: Path) -> tuple[Head, ...]:
    """The heads in such a file.

    Raises:
        NoHeads: it cannot be read, is of another kind, or is not whole.
    """
    try:
        first, *lines = path.read_text(encoding="utf-8").splitlines()
        announced = json.loads(first)
        if announced["format"] != _FORMAT:
            raise NoHeads(f"{path} has the format {announced['format']!r}, not {_FORMAT!r}")
        heads = tuple(_head(json.loads(line)) for line in lines)
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise NoHeads(f"{path} holds no heads of chains: {error}") from error
    if len(heads) != announced["chains"]:
        raise NoHeads(f"{path} is cut off: it holds {len(heads)} of {announced['chains']} chains")
    return heads


def _head(line: dict[str, object]) -> Head:
    chain, position = line["chain"], line["position"]
    if not isinstance(chain, int) or not isinstance(position, int):
        raise TypeError("chain and position must be integers")
    return Head(chain=chain, model=str(line["model"]), position=position, hash=Digest(str(line["hash"])))

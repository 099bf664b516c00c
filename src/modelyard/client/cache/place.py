"""Where the cache is, how large it may get, and whether it is all that there is."""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from modelyard.client.failures import Misconfigured

DEFAULT_MAX_BYTES: Final = 20 << 30

_SIZE: Final = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*([kmgt]?)(i?)b?", re.IGNORECASE)
_POWERS: Final = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4}
_TRUE: Final = frozenset({"1", "true", "yes", "on"})
_FALSE: Final = frozenset({"", "0", "false", "no", "off"})


def cache_folder(environment: Mapping[str, str] = os.environ) -> Path:
    """`MODELYARD_CACHE`, or the folder that this system has for the caches of its users."""
    if given := environment.get("MODELYARD_CACHE"):
        return Path(given).expanduser().absolute()
    from platformdirs import user_cache_path

    return user_cache_path("modelyard", appauthor=False)


def max_cache_bytes(environment: Mapping[str, str] = os.environ) -> int:
    """`MODELYARD_CACHE_MAX_BYTES`, as a number of bytes or with a unit (`500MB`, `20GiB`); 20 GiB without.

    Raises:
        Misconfigured: it is no size.
    """
    text = environment.get("MODELYARD_CACHE_MAX_BYTES", "")
    return size_of(text, "MODELYARD_CACHE_MAX_BYTES") if text else DEFAULT_MAX_BYTES


def size_of(text: str, what: str = "the size") -> int:
    """The bytes that a text names: `1000`, `500 MB` (of 1000 KB), `20GiB` (of 1024 MiB).

    Raises:
        Misconfigured: it is no size; `what` is how the message calls it.
    """
    match = _SIZE.fullmatch(text.strip())
    if match is None:
        raise Misconfigured(f"{what} is no size: {text!r}", hint="Write bytes, or a unit: 500MB, 20GiB.")
    number, unit, binary = match.groups()
    return int(float(number) * (1024 if binary else 1000) ** _POWERS[unit.lower()])


def is_offline(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether `MODELYARD_OFFLINE` is set.

    Raises:
        Misconfigured: it is neither yes nor no.
    """
    text = environment.get("MODELYARD_OFFLINE", "").strip().lower()
    if text not in _TRUE | _FALSE:
        raise Misconfigured(f"MODELYARD_OFFLINE is neither yes nor no: {text!r}", hint="Set it to 1 or 0.")
    return text in _TRUE

"""How the text of an environment variable becomes a value: one reader for each kind of setting."""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Generic, NoReturn, TypeVar

from modelyard.domain.access.rate import Rate, read_rate
from modelyard.domain.access.workload import TrustedIssuer
from modelyard.domain.errors import InvalidInput
from modelyard.domain.names import check_model_name
from modelyard.domain.quota import Quota, Quotas

_NONE = "none"
_SIZE = re.compile(r"([0-9]{1,18}) ?(B|KiB|MiB|GiB|TiB)?")
_WHOLE = re.compile(r"[0-9]{1,18}")
_UNITS = {"B": 1, "KiB": 1024, "MiB": 1024**2, "GiB": 1024**3, "TiB": 1024**4}
_SWITCH = {"true": True, "1": True, "yes": True, "on": True, "false": False, "0": False, "no": False, "off": False}
_SQLITE = "sqlite:///"
_POSTGRESQL = "postgresql://"
_BUCKET = re.compile(r"(?:s3|gs|az)://[A-Za-z0-9][A-Za-z0-9._-]{1,62}(?:/[A-Za-z0-9_-][A-Za-z0-9._-]*)*", re.ASCII)
_PUBLIC = re.compile(r"https?://[A-Za-z0-9.\[\]:-]+(?:/[A-Za-z0-9._~/-]*)?", re.ASCII)
_REDIS = re.compile(r"rediss?://[!-~]+", re.ASCII)

Value_co = TypeVar("Value_co", covariant=True)


class NotAllowed(ValueError):
    """The text is none that the reader allows; the reader's `allowed` says what is."""


@dataclass(frozen=True, slots=True)
class Reader(Generic[Value_co]):
    """Reads one kind of value.

    `allowed` completes the sentence "expected …"; `show` turns a value back into text that `read` takes.
    """

    allowed: str
    read: Callable[[str], Value_co]
    show: Callable[[object], str] = str


def text() -> Reader[str]:
    """Any text but an empty one."""

    def read(value: str) -> str:
        return value if value.strip() else _refuse()

    return Reader("any text but an empty one", read)


def secret() -> Reader[str]:
    """A text that nobody can guess."""

    def read(value: str) -> str:
        return value if len(value) >= 32 and value.isprintable() else _refuse()

    return Reader("at least 32 characters", read)


def integer(least: int, most: int | None = None) -> Reader[int]:
    """A whole number within bounds, the bounds included."""

    def read(value: str) -> int:
        number = int(value) if _WHOLE.fullmatch(value) else _refuse()
        return number if least <= number and (most is None or number <= most) else _refuse()

    return Reader(f"a whole number {_bounds(str(least), None if most is None else str(most))}", read)


def seconds() -> Reader[float]:
    """A finite number of seconds above zero."""

    def read(value: str) -> float:
        try:
            number = float(value)
        except ValueError:
            return _refuse()
        return number if math.isfinite(number) and number > 0 else _refuse()

    return Reader("a number of seconds above 0", read, _show_number)


def size(least: int, most: int | None = None) -> Reader[int]:
    """A number of bytes within bounds, plain or with a binary unit."""

    def read(value: str) -> int:
        match = _SIZE.fullmatch(value)
        number = int(match[1]) * _UNITS[match[2] or "B"] if match else _refuse()
        return number if least <= number and (most is None or number <= most) else _refuse()

    bounds = _bounds(_show_size(least), None if most is None else _show_size(most))
    return Reader(f"a size {bounds}, in bytes or with the unit KiB, MiB, GiB or TiB", read, _show_size)


def switch() -> Reader[bool]:
    """Yes or no, in the usual spellings."""

    def read(value: str) -> bool:
        is_on = _SWITCH.get(value.lower())
        return is_on if is_on is not None else _refuse()

    return Reader("true or false", read, lambda value: "true" if value else "false")


def choice(*words: str) -> Reader[str]:
    """One of a few words, in upper or lower case."""

    def read(value: str) -> str:
        return value.lower() if value.lower() in words else _refuse()

    return Reader(f"{', '.join(words[:-1])} or {words[-1]}", read)


def folder() -> Reader[Path]:
    """The path of a folder. It cannot hold `?`, which would end the path in the address of the database."""

    def read(value: str) -> Path:
        return Path(value) if value.strip() and value.isprintable() and "?" not in value else _refuse()

    return Reader("a path without ? or control characters", read)


def file() -> Reader[Path | None]:
    """The path of a file; or the word none."""

    def read(value: str) -> Path | None:
        if value == _NONE:
            return None
        return Path(value) if value.strip() and value.isprintable() else _refuse()

    return Reader("none, or the path of a file", read, lambda value: _NONE if value is None else str(value))


def database_url() -> Reader[str]:
    """The address of a database that the server can use: a SQLite file, or a PostgreSQL as libpq names it."""

    def read(value: str) -> str:
        path = value.removeprefix(_SQLITE)
        is_file = value.startswith(_SQLITE) and path not in {"", ":memory:"} and "?" not in path
        is_server = value.startswith(_POSTGRESQL) and value != _POSTGRESQL and " " not in value
        return value if (is_file or is_server) and value.isprintable() else _refuse()

    return Reader(f"{_SQLITE}<path of a file> or {_POSTGRESQL}<user>:<password>@<host>:<port>/<database>", read)


def networks() -> Reader[tuple[IPv4Network | IPv6Network, ...]]:
    """Networks in CIDR notation, after commas; or the word none."""

    def read(value: str) -> tuple[IPv4Network | IPv6Network, ...]:
        if value == _NONE:
            return ()
        try:
            return tuple(ip_network(part.strip()) for part in value.split(",") if part.strip())
        except ValueError:
            return _refuse()

    return Reader(
        "none, or networks such as 10.0.0.0/8,fd00::/8",
        read,
        lambda value: ",".join(map(str, value)) if isinstance(value, tuple) else "",
    )


def rate() -> Reader[Rate | None]:
    """Requests in each second, minute, hour or day; or the word none."""

    def read(value: str) -> Rate | None:
        return None if value == _NONE else read_rate(value) or _refuse()

    return Reader(
        "none, or a number of requests a second, minute, hour or day, such as 600/minute",
        read,
        lambda value: _NONE if value is None else str(value),
    )


def public_url() -> Reader[str]:
    """An address as it is shown and compared, without a slash at its end."""

    def read(value: str) -> str:
        return value if _PUBLIC.fullmatch(value) and not value.endswith("//") else _refuse()

    return Reader("an address with scheme (https; http for tries), host, and where they are needed port and path", read)


def issuers() -> Reader[tuple[TrustedIssuer, ...]]:
    """Addresses of issuers, after commas, each with an optional file of its keys; or the word none."""
    of_address = public_url()

    def read(value: str) -> tuple[TrustedIssuer, ...]:
        if value == _NONE:
            return ()
        pairs = [part.strip().partition("=") for part in value.split(",")]
        found = tuple(
            TrustedIssuer(address=of_address.read(address), keys=Path(keys) if keys else None)
            for address, _, keys in pairs
        )
        return found if len({one.address for one in found}) == len(found) and value.isprintable() else _refuse()

    return Reader(
        "none, or addresses of issuers, each with an optional =<path of a file with its keys>", read, _show_issuers
    )


def redis_url() -> Reader[str]:
    """The address of a Redis."""

    def read(value: str) -> str:
        return value if _REDIS.fullmatch(value) else _refuse()

    return Reader("redis://<user>:<password>@<host>:<port>/<number>, or rediss:// with TLS", read)


def quotas() -> Reader[Quotas]:
    """Globs of models with sizes, after commas; or the word none."""
    of_size = size(1)

    def read(value: str) -> Quotas:
        if value == _NONE:
            return ()
        pairs = [part.rpartition("=") for part in value.split(",")]
        try:
            found = tuple(
                Quota(check_model_name(glob.strip()), of_size.read(amount.strip())) for glob, _, amount in pairs
            )
        except InvalidInput:
            return _refuse()
        return found if len({quota.models for quota in found}) == len(found) else _refuse()

    return Reader("none, or globs of models with sizes, such as fraud.*=500 GiB,*=10 TiB", read, _show_quotas)


def blob_store_url() -> Reader[str]:
    """The address of a bucket, with an optional prefix. It holds no credentials."""

    def read(value: str) -> str:
        return value if _BUCKET.fullmatch(value) else _refuse()

    return Reader("s3://<bucket>, gs://<bucket> or az://<container>, each with an optional /<prefix>", read)


def _refuse() -> NoReturn:
    raise NotAllowed


def _bounds(least: str, most: str | None) -> str:
    return f"of at least {least}" if most is None else f"from {least} to {most}"


def _show_number(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _show_quotas(value: object) -> str:
    held = value if isinstance(value, tuple) else ()
    return ",".join(f"{quota.models}={_show_size(quota.size_bytes)}" for quota in held) or _NONE


def _show_issuers(value: object) -> str:
    held = value if isinstance(value, tuple) else ()
    return ",".join(f"{one.address}={one.keys}" if one.keys else one.address for one in held) or _NONE


def _show_size(value: object) -> str:
    number = int(str(value))
    for unit, factor in reversed(_UNITS.items()):
        if factor > 1 and number >= factor and number % factor == 0:
            return f"{number // factor} {unit}"
    return str(number)

"""`modelyard cache`."""

from typing import Annotated

import typer

from modelyard.cli.arguments import Yes
from modelyard.cli.client_command import client_command
from modelyard.cli.exit_codes import FAILED
from modelyard.cli.output import columns
from modelyard.cli.session import Session
from modelyard.cli.text import size_text
from modelyard.client.answers import Document
from modelyard.client.cache.cache import Cache, CacheEntry

cache = typer.Typer(help="Look after the files that were pulled.", no_args_is_help=True, rich_markup_mode=None)

COLUMNS = columns("references", "file_count", "size_bytes", "used_at", "is_in_use", "path")
PRUNED = columns("entry_count", "freed_bytes", "in_use_count")
VERIFIED = columns("checked_count", "checked_bytes", "damaged")
_UNITS = {"KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40}
_DAY_SECONDS = 24 * 3600


def _size(text: str) -> int:
    """`1000`, `512MiB`, `1.5 GiB` in bytes."""
    unit = next((unit for unit in _UNITS if text.endswith(unit)), "")
    try:
        size = float(text.removesuffix(unit)) * _UNITS.get(unit, 1)
    except ValueError:
        size = -1
    if not 0 <= size < 2**63:
        raise typer.BadParameter(f"{text!r} is no size such as 10GiB")
    return int(size)


@cache.command("ls")
@client_command
def list_entries(session: Session) -> None:
    """List what is in the cache (MODELYARD_CACHE), the last used first."""
    found = [_document(entry) for entry in Cache.from_env().entries()]
    session.list(found, COLUMNS, empty="The cache is empty.")


@cache.command("prune")
@client_command
def prune(
    session: Session,
    max_bytes: Annotated[
        int | None, typer.Option("--max-size", parser=_size, metavar="SIZE", help="Such as 10GiB.")
    ] = None,
    unused_days: Annotated[float | None, typer.Option("--unused-days", min=0, help="What was unused so long.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="All, unfinished transfers too. Asks first.")] = False,
    yes: Yes = False,
) -> None:
    """Remove what was not used for so long, then the longest unused until the cache is small enough.

    Without options it is brought to MODELYARD_CACHE_MAX_BYTES. What a running process uses stays.
    """
    held = Cache.from_env()
    if everything:
        session.confirm(f"Remove all {size_text(held.size_bytes)} from {held.folder}?", is_agreed=yes)
        done = held.prune(everything=True)
    elif max_bytes is None and unused_days is None:
        done = held.trim()
    else:
        seconds = None if unused_days is None else unused_days * _DAY_SECONDS
        done = held.prune(max_bytes=max_bytes, unused_seconds=seconds)
    document = {
        "entry_count": done.entry_count,
        "freed_bytes": done.freed_bytes,
        "in_use_count": done.in_use_count,
    }
    kept = f"; {done.in_use_count} are in use and stay" if done.in_use_count else ""
    session.show(document, PRUNED, f"{done.entry_count} entries removed, {size_text(done.freed_bytes)} freed{kept}.")


@cache.command("verify")
@client_command
def verify(session: Session) -> None:
    """Read all that is in the cache anew; what is damaged is removed, and it ends with 1."""
    done = Cache.from_env().verify()
    document = {
        "checked_count": done.checked_count,
        "checked_bytes": done.checked_bytes,
        "damaged": list(done.damaged),
    }
    wrong = f"{len(done.damaged)} were damaged and are removed" if done.damaged else "all are right"
    session.show(document, VERIFIED, f"{done.checked_count} files ({size_text(done.checked_bytes)}) read: {wrong}.")
    if done.damaged:
        raise typer.Exit(FAILED)


def _document(entry: CacheEntry) -> Document:
    return {
        "key": entry.key,
        "references": list(entry.references),
        "file_count": entry.file_count,
        "size_bytes": entry.size_bytes,
        "used_at": entry.used_at.isoformat(timespec="seconds"),
        "is_in_use": entry.is_in_use,
        "path": str(entry.path),
    }

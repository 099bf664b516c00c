"""What a command that copies many files says while it does: on stderr, now and then."""

import time

import typer

from modelyard.application.ports.rows import DamagedFile
from modelyard.application.services.carrying import CarriedFiles
from modelyard.bootstrap.commands.sizes import size_text

_EVERY_SECONDS = 2.0


class Progress:
    """Says how many files came so far, at most every two seconds."""

    def __init__(self) -> None:
        self._told_at = time.monotonic()

    def tell(self, carried: CarriedFiles) -> None:
        """Take note of what was carried."""
        now = time.monotonic()
        if now - self._told_at >= _EVERY_SECONDS:
            self._told_at = now
            typer.echo(f"modelyard: {carried_text(carried)}", err=True)


def carried_text(carried: CarriedFiles) -> str:
    """`12 files copied (1.5 KiB), 40 were there`."""
    return f"{carried.sent_count} files copied ({size_text(carried.sent_bytes)}), {carried.present_count} were there"


def damage_text(damaged: DamagedFile) -> str:
    """What is wrong with a file, and whose it is."""
    return "\n".join([f"damaged: {damaged.digest}: {damaged.detail}", *(f"    {use}" for use in damaged.uses)])


def damage_document(damaged: DamagedFile) -> dict[str, object]:
    """The same, for programs."""
    return {"digest": damaged.digest, "detail": damaged.detail, "uses": list(damaged.uses)}


def carried_document(carried: CarriedFiles) -> dict[str, int]:
    """What was carried, for programs."""
    return {"copied": carried.sent_count, "copied_bytes": carried.sent_bytes, "present": carried.present_count}

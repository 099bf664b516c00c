"""A program that does one activity of the small registry in a child of its own, to be stopped at any system call.

It reads a line of JSON for each: `{"folder", "activity", "hours"}`. The child tells its threads, waits for a line, does
the activity, and says how it went; the parent says how the child ended.
"""

import asyncio
import json
import os
import threading
from datetime import timedelta
from pathlib import Path

from modelyard.application.services import catalog
from modelyard.domain.errors import RegistryError
from modelyard.infrastructure.blobs import filesystem
from tests.fakes.clock import START
from tests.faults.small_registry import ACTIVITIES, MODEL, SmallRegistry, opened

ACKNOWLEDGED = "acknowledged"


def tell(value: object) -> None:
    os.write(1, json.dumps(value).encode() + b"\n")


def line() -> bytes:
    """Not a byte more: the rest is for whoever reads next."""
    text = b""
    while not text.endswith(b"\n") and (byte := os.read(0, 1)):
        text += byte
    return text


async def warm_up(registry: SmallRegistry) -> None:
    """Every thread that an activity needs is there, and every statement is known."""
    await registry.database.read(catalog.read_model, MODEL)
    await registry.database.sweep(catalog.read_model, MODEL)
    await registry.collection.survey()
    await registry.store.check()


async def act(folder: Path, activity: str, hours: int) -> None:
    async with opened(folder, START + timedelta(hours=hours)) as registry:
        await warm_up(registry)
        # Of the main thread Python 3.11 remembers what it was before the fork.
        threads = {thread.name: thread.native_id for thread in threading.enumerate()}
        tell(threads | {"MainThread": threading.get_native_id()})
        line()
        try:
            await ACTIVITIES[activity](registry)
        except RegistryError as error:
            tell(error.code)
            await ACTIVITIES[activity](registry)  # without a restart
        tell(ACKNOWLEDGED)


def main() -> None:
    filesystem._WRITING_THREADS = filesystem._READING_THREADS = 1  # so that each call has one thread to be in
    while request := line():
        wanted = json.loads(request)
        child = os.fork()
        if not child:
            asyncio.run(act(Path(wanted["folder"]), wanted["activity"], wanted["hours"]))
            os._exit(0)
        _, status = os.waitpid(child, 0)
        tell({"ended": os.waitstatus_to_exitcode(status)})


if __name__ == "__main__":
    main()

"""The server's own collector, by schedule."""

import logging
from contextlib import AbstractAsyncContextManager

from modelyard.application.services.collection import TASK, Collection, CollectionReport
from modelyard.bootstrap.schedule import repeated

logger = logging.getLogger(__name__)


def collected(collection: Collection, *, interval_seconds: float) -> AbstractAsyncContextManager[None]:
    """Collect about every `interval_seconds` while the block lasts; with 0 never."""

    async def collect() -> None:
        report = await collection.run()
        if report is not None:
            _tell(report)

    return repeated(collect, name=TASK, interval_seconds=interval_seconds)


def _tell(report: CollectionReport) -> None:
    """One line, and none where nothing was deleted."""
    deleted = [f"{tally.count} {kind}" for kind, tally in report.kinds.items() if tally.count]
    if deleted:
        logger.info("deleted what nothing refers to: %s; %d bytes are free", ", ".join(deleted), report.size_bytes)
    if report.undeleted:
        logger.warning("%d files could not be deleted; they are tried again", report.undeleted)

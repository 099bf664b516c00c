"""The one place where the registry's parts are chosen and put together."""

from datetime import timedelta

from modelyard.application.services.collection import Collection
from modelyard.application.services.transfer import Transfer, TransferLimits
from modelyard.bootstrap.settings import Settings
from modelyard.infrastructure.blobs.filesystem import FilesystemBlobStore
from modelyard.infrastructure.clock import SystemClock
from modelyard.infrastructure.database.sqlite import SqliteDatabase
from modelyard.presentation.http.context import Context


def build_context(settings: Settings) -> Context:
    """The collaborators of all routes, as the settings choose them; nothing is opened yet."""
    database = SqliteDatabase(settings.database_url, SystemClock())
    blob_store = FilesystemBlobStore(settings.data_dir / "blobs")
    limits = TransferLimits(
        upload_bytes=settings.max_upload_bytes,
        upload_ttl=timedelta(seconds=settings.upload_ttl_seconds),
        blob_lease=timedelta(seconds=settings.blob_lease_seconds),
    )
    return Context(
        database=database,
        blob_store=blob_store,
        transfer=Transfer(database, blob_store, limits),
        max_json_bytes=settings.max_json_bytes,
        idempotency_ttl=timedelta(seconds=settings.idempotency_ttl_seconds),
    )


def build_collection(settings: Settings, context: Context) -> Collection:
    """The collector of what nothing refers to, on the same database and store."""
    age = timedelta(seconds=settings.orphan_age_seconds)
    return Collection(context.database, context.blob_store, orphan_age=age)

"""The one place where the registry's parts are chosen and put together."""

from datetime import timedelta

from modelyard.application.ports.blob_store import BlobStore
from modelyard.application.ports.database import Database
from modelyard.application.ports.rates import RateCounter
from modelyard.application.ports.telemetry import Telemetry
from modelyard.application.ports.webhooks import WebhookSecrets
from modelyard.application.services.admissions import Admissions
from modelyard.application.services.batch_transfer import BatchTransfer
from modelyard.application.services.collection import Collection
from modelyard.application.services.delivering import Dispatcher
from modelyard.application.services.limiting import Limits
from modelyard.application.services.live_events import LiveEvents
from modelyard.application.services.queueing import DeliveryLimits
from modelyard.application.services.transfer import Transfer, TransferLimits
from modelyard.bootstrap.settings import Settings
from modelyard.bootstrap.ways_in import ways_in
from modelyard.domain.bounds import Bounds
from modelyard.infrastructure.blobs.filesystem import FilesystemBlobStore
from modelyard.infrastructure.clock import SystemClock
from modelyard.infrastructure.database.sqlite import SqliteDatabase
from modelyard.infrastructure.plots.child import ChildPlotRenderer
from modelyard.infrastructure.rates.in_memory import InMemoryRateCounter
from modelyard.infrastructure.webhooks.secrets import DerivedSecrets
from modelyard.infrastructure.webhooks.sender import HttpWebhookSender
from modelyard.presentation.api.events.stream import frame_of
from modelyard.presentation.http.context import Context
from modelyard.presentation.http.recent_answers import RecentAnswers

_RECENT_BYTES = 8 * 1024**2


def build_context(settings: Settings) -> Context:
    """The collaborators of all routes, as the settings choose them; nothing is opened yet."""
    database, blob_store, limits = _database_of(settings), build_blob_store(settings), _limits_of(settings)
    webhook_secrets = DerivedSecrets(settings.secret_key, settings.data_dir / "secret.key")
    transfer_limits = _transfer_limits_of(settings)
    return Context(
        database=database,
        blob_store=blob_store,
        transfer=Transfer(database, blob_store, transfer_limits),
        batch_transfer=BatchTransfer(database, blob_store, transfer_limits),
        live_events=LiveEvents(database, frame_of),
        webhook_sender=_sender_of(settings, webhook_secrets),
        webhook_secrets=webhook_secrets,
        plot_renderer=ChildPlotRenderer(),
        recent_versions=RecentAnswers(_RECENT_BYTES),
        recent_files=RecentAnswers(_RECENT_BYTES),
        max_json_bytes=settings.max_json_bytes,
        idempotency_ttl=timedelta(seconds=settings.idempotency_ttl_seconds),
        download_redirect=settings.download_redirect,
        verify_downloads=settings.verify_downloads,
        **ways_in(settings, database, limits),
        public_url=settings.public_url.rstrip("/"),
        session_seconds=settings.session_seconds,
        limits=limits,
        telemetry=_telemetry(),
        quotas=settings.quotas,
        bounds=_bounds_of(settings),
        admissions=Admissions(database, SystemClock()) if settings.has_auth else None,
    )


def build_collection(settings: Settings, context: Context) -> Collection:
    """The collector of what nothing refers to, on the same database and store."""
    age = timedelta(seconds=settings.orphan_age_seconds)
    return Collection(context.database, context.blob_store, orphan_age=age)


def build_dispatcher(settings: Settings, context: Context) -> Dispatcher:
    """What queues and sends webhooks, on the same database."""
    limits = DeliveryLimits(
        tries=settings.webhook_tries,
        first_pause_seconds=settings.webhook_pause_seconds,
        lease=timedelta(seconds=2 * settings.webhook_timeout_seconds + 10),
        kept=timedelta(seconds=settings.webhook_log_seconds),
    )
    return Dispatcher(context.database, context.webhook_sender, limits)


def _transfer_limits_of(settings: Settings) -> TransferLimits:
    return TransferLimits(
        upload_bytes=settings.max_upload_bytes,
        upload_ttl=timedelta(seconds=settings.upload_ttl_seconds),
        blob_lease=timedelta(seconds=settings.blob_lease_seconds),
    )


def _bounds_of(settings: Settings) -> Bounds:
    return Bounds(
        page_items=settings.max_page_items, tags=settings.max_tags, metadata_bytes=settings.max_metadata_bytes
    )


def _limits_of(settings: Settings) -> Limits:
    return Limits(
        counter=_rate_counter_of(settings),
        of_address=settings.rate_per_address,
        of_account=settings.rate_per_account,
        of_failures=settings.rate_of_failures,
    )


def _rate_counter_of(settings: Settings) -> RateCounter:
    if not settings.rate_store_url:
        return InMemoryRateCounter()
    # Its client is installed only where it is used.
    from modelyard.infrastructure.rates.redis import RedisRateCounter  # noqa: PLC0415

    return RedisRateCounter(settings.rate_store_url)


def _telemetry() -> Telemetry:
    # Looks as it is imported whether processes count together, which is known by now.
    from modelyard.infrastructure.telemetry.prometheus import PrometheusTelemetry  # noqa: PLC0415

    return PrometheusTelemetry()


def _sender_of(settings: Settings, webhook_secrets: WebhookSecrets) -> HttpWebhookSender:
    return HttpWebhookSender(
        SystemClock(),
        webhook_secrets,
        networks=settings.webhook_networks,
        allows_http=settings.webhook_allow_http,
        timeout_seconds=settings.webhook_timeout_seconds,
    )


def _database_of(settings: Settings) -> Database:
    if not settings.is_shared:
        return SqliteDatabase(settings.database_url, SystemClock())
    # Its driver is installed only where it is used.
    from modelyard.infrastructure.database.postgresql import PostgresqlDatabase  # noqa: PLC0415

    return PostgresqlDatabase(settings.database_url, pool_size=settings.database_pool_size)


def build_blob_store(settings: Settings) -> BlobStore:
    """The store that the settings choose; not opened yet."""
    if not settings.blob_store_url:
        return FilesystemBlobStore(settings.data_dir / "blobs")
    # An extra: nobody else shall need it, or wait for its import.
    from modelyard.infrastructure.blobs.object_address import object_blob_store  # noqa: PLC0415

    return object_blob_store(settings.blob_store_url, allow_http=settings.blob_store_allow_http)

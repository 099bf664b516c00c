"""From the address of a bucket to a blob store on it."""

import os
from datetime import timedelta
from typing import TYPE_CHECKING

from obstore.exceptions import BaseError
from obstore.store import AzureStore, GCSStore, S3Store

from modelyard.domain.errors import StorageUnavailable
from modelyard.infrastructure.blobs.object_client import BucketStore, ObjectClient, Patience
from modelyard.infrastructure.blobs.object_faults import unusable
from modelyard.infrastructure.blobs.object_store import COPY_BYTES, PART_BYTES, ObjectBlobStore
from modelyard.infrastructure.circuit_breaker import CircuitBreaker

if TYPE_CHECKING:  # obstore has these in its stubs only
    from obstore.store import ClientConfig, RetryConfig

_PARTS_IN_FLIGHT = 8
_COPY_SECONDS = 600.0
_ENDPOINTS = (
    *("AWS_ENDPOINT", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"),
    *("AZURE_ENDPOINT", "AZURE_STORAGE_ENDPOINT", "GOOGLE_BASE_URL"),
)


def object_blob_store(
    url: str,
    *,
    allow_http: bool = False,
    part_bytes: int = PART_BYTES,
    copy_bytes: int = COPY_BYTES,
    patience: Patience | None = None,
    breaker: CircuitBreaker | None = None,
) -> ObjectBlobStore:
    """The store at `s3://bucket/prefix`, `gs://bucket/prefix` or `az://container/prefix`; nothing is asked of it yet.

    Endpoint, region and credentials come from the provider's usual environment variables.

    Raises:
        StorageUnavailable: these variables are incomplete, or name an endpoint without TLS that is not allowed.
    """
    patience = patience or Patience()
    if not allow_http:
        _require_tls()
    try:
        bucket = _bucket(url, allow_http, patience, patience.request)
        copies = _bucket(url, allow_http, patience, _COPY_SECONDS)
    except BaseError as error:
        raise unusable(error) from None
    client = ObjectClient(bucket, copies, parts_in_flight=_PARTS_IN_FLIGHT, patience=patience, breaker=breaker)
    return ObjectBlobStore(client, part_bytes=part_bytes, copy_bytes=copy_bytes)


def _require_tls() -> None:
    for name in _ENDPOINTS:
        if os.environ.get(name, "").lower().startswith("http://"):
            raise StorageUnavailable(
                f"{name} names an endpoint without TLS.",
                hint="Let it begin with https://, or allow it with MODELYARD_BLOB_STORE_ALLOW_HTTP=true.",
            )


def _bucket(url: str, allow_http: bool, patience: Patience, request_seconds: float) -> BucketStore:
    options: ClientConfig = {
        "allow_http": allow_http,
        "connect_timeout": timedelta(seconds=min(5.0, patience.request)),
        "timeout": timedelta(seconds=request_seconds),
    }
    retries: RetryConfig = {
        "max_retries": patience.max_retries,
        "retry_timeout": timedelta(seconds=patience.retries),
        "backoff": {"init_backoff": timedelta(milliseconds=100), "max_backoff": timedelta(seconds=2), "base": 2},
    }
    scheme = url.partition("://")[0]
    if scheme == "gs":
        return GCSStore.from_url(url, client_options=options, retry_config=retries)
    if scheme == "az":
        return AzureStore.from_url(url, client_options=options, retry_config=retries)
    # Most S3 stores copy without overwriting only as an upload of one part that is completed on a condition.
    copying = os.environ.get("AWS_COPY_IF_NOT_EXISTS", "multipart")
    return S3Store.from_url(url, config={"copy_if_not_exists": copying}, client_options=options, retry_config=retries)

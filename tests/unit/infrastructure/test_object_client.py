"""What providers do that no server here does: their answers are played by a stand-in."""

from collections.abc import Sequence
from typing import cast

import pytest
from obstore.exceptions import GenericError
from obstore.store import AzureStore

from modelyard.domain.errors import StorageUnavailable
from modelyard.infrastructure.blobs.object_address import object_blob_store
from modelyard.infrastructure.blobs.object_client import ObjectClient


class AzureLikeBucket:
    """Ends a deletion of many at the first that is missing, as Azure and Google Cloud Storage do."""

    def __init__(self, *paths: str) -> None:
        self.paths = set(paths)

    async def delete_async(self, paths: str | Sequence[str]) -> None:
        for path in [paths] if isinstance(paths, str) else paths:
            if path == "broken":
                raise GenericError("Server returned non-2xx status code: 500 Internal Server Error")
            if path not in self.paths:
                raise FileNotFoundError(f"Object at location {path} not found")
            self.paths.remove(path)


def client_of(bucket: AzureLikeBucket) -> ObjectClient:
    stand_in = cast(AzureStore, bucket)
    return ObjectClient(stand_in, stand_in, parts_in_flight=1)


async def test_a_missing_object_does_not_keep_the_others_from_deletion() -> None:
    bucket = AzureLikeBucket("a", "c", "d")
    await client_of(bucket).delete(["a", "b", "c"])
    assert bucket.paths == {"d"}


async def test_a_deletion_that_fails_is_no_missing_object() -> None:
    bucket = AzureLikeBucket("a")
    with pytest.raises(StorageUnavailable, match="500"):
        await client_of(bucket).delete(["missing", "broken", "a"])
    assert bucket.paths == {"a"}


@pytest.mark.parametrize("url", ["gs://models/registry", "az://models/registry", "s3://models"])
def test_a_client_of_each_provider_can_be_made(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_STORAGE_ACCOUNT_NAME", "account")
    monkeypatch.setenv("AZURE_STORAGE_ACCOUNT_KEY", "a2V5")
    object_blob_store(url)

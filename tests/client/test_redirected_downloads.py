"""Downloads that the registry sends on to its store: the bytes come from there, and no credentials go there."""

from pathlib import Path

from modelyard.client.registry import Registry
from modelyard.client.server import Server
from modelyard.client.transport import Transport
from tests.client.samples import contents_of, files_in, folder_of, registered
from tests.integration.server_process import REAL, running
from tests.servers.seaweedfs import S3Bucket

LARGE = bytes(range(256)) * 80_000
"""More than is sent in an archive, so that it comes by ranges."""


def test_a_pull_follows_a_signed_address_without_the_token(tmp_path: Path, s3_bucket: S3Bucket) -> None:
    """The store refuses a request that brings a signature in its address and another authorization beside it."""
    variables = {
        **s3_bucket.environment(),
        "MODELYARD_DOWNLOAD_REDIRECT": "true",
    }
    contents = {"weights.bin": LARGE, "config.json": b"{}"}
    with (
        running(REAL, tmp_path / "data", **variables) as server,
        Registry(Transport(Server(url=server.url, token="no-token-of-the-store"))) as registry,
    ):
        version = registered(registry, files_in(folder_of(tmp_path / "model", contents)))
        path = f"/models/churn/versions/{version.number}/files/weights.bin"
        assert server.get(f"/api/v1{path}")[0] == 307
        assert contents_of(registry.pull(version.reference)) == contents

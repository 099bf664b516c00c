"""An S3 server for tests: SeaweedFS from its wheel, one for each test process, started when the first test asks.

`TEST_S3_URL` (`http://host:port`) takes another server in its place, with the credentials in `AWS_ACCESS_KEY_ID` and
`AWS_SECRET_ACCESS_KEY`, and the bucket `modelyard-tests`.
"""

import contextlib
import datetime
import hashlib
import hmac
import http.client
import json
import os
import re
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

PATIENCE_SECONDS = 60.0
REGION = "us-east-1"
BUCKET = "modelyard-tests"
PORTS = (
    *("master.port", "master.port.grpc", "volume.port", "volume.port.grpc"),
    *("filer.port", "filer.port.grpc", "s3.port", "s3.port.grpc"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class S3Server:
    """Where the server is, and who may use it."""

    host: str
    access_key: str
    secret_key: str

    def request(self, method: str, path: str, query: str = "") -> tuple[int, str]:
        """A signed request (AWS Signature Version 4) without a body, for what obstore has no call for."""
        moment = datetime.datetime.now(datetime.UTC).strftime("%Y%m%dT%H%M%SZ")
        empty = hashlib.sha256(b"").hexdigest()
        headers = {"host": self.host, "x-amz-content-sha256": empty, "x-amz-date": moment}
        lines = "".join(f"{name}:{value}\n" for name, value in headers.items())
        signed = sorted(headers)
        canonical = "\n".join([method, path, query, lines, ";".join(signed), empty])
        scope = f"{moment[:8]}/{REGION}/s3/aws4_request"
        text = "\n".join(["AWS4-HMAC-SHA256", moment, scope, hashlib.sha256(canonical.encode()).hexdigest()])
        key = f"AWS4{self.secret_key}".encode()
        for part in scope.split("/"):
            key = hmac.digest(key, part.encode(), "sha256")
        signature = hmac.new(key, text.encode(), "sha256").hexdigest()
        headers["authorization"] = (
            f"AWS4-HMAC-SHA256 Credential={self.access_key}/{scope}, SignedHeaders={';'.join(signed)}, "
            f"Signature={signature}"
        )
        with contextlib.closing(http.client.HTTPConnection(self.host, timeout=PATIENCE_SECONDS)) as connection:
            connection.request(method, f"{path}?{query}" if query else path, headers=headers)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()


@dataclass(frozen=True, slots=True, kw_only=True)
class S3Bucket:
    """A prefix of one test's own, in a bucket that all share: SeaweedFS sets up storage for each bucket."""

    server: S3Server
    prefix: str

    @property
    def url(self) -> str:
        """As `MODELYARD_BLOB_STORE_URL` takes it."""
        return f"s3://{BUCKET}/{self.prefix}"

    def environment(self, host: str | None = None) -> dict[str, str]:
        """What a server process needs to reach it, or to reach a proxy in front of it."""
        return {
            "MODELYARD_BLOB_STORE_URL": self.url,
            "MODELYARD_BLOB_STORE_ALLOW_HTTP": "true",
            **credentials(self.server, host),
        }

    def objects(self) -> list[str]:
        """The keys of up to 1,000 objects, from the prefix on."""
        return self._keys(f"list-type=2&prefix={self.prefix}%2F")

    def unfinished(self) -> list[str]:
        """The keys of uploads of many parts that were neither completed nor aborted."""
        return self._keys(f"prefix={self.prefix}%2F&uploads=")

    def abort_unfinished(self) -> None:
        """What a lifecycle rule of the bucket does for a store that was cut off before it could."""
        _, text = self.server.request("GET", f"/{BUCKET}", f"prefix={self.prefix}%2F&uploads=")
        for key, upload in re.findall("<Key>(.*?)</Key>.*?<UploadId>(.*?)</UploadId>", text, re.DOTALL):
            status, answer = self.server.request("DELETE", f"/{BUCKET}/{key}", f"uploadId={upload}")
            assert status == 204, answer

    def _keys(self, query: str) -> list[str]:
        status, text = self.server.request("GET", f"/{BUCKET}", query)
        assert status == 200, text
        return re.findall(f"<Key>{self.prefix}/(.*?)</Key>", text)


def new_bucket(server: S3Server) -> S3Bucket:
    """An empty place for a store."""
    return S3Bucket(server=server, prefix=f"test-{secrets.token_hex(8)}")


def credentials(server: S3Server, host: str | None = None) -> dict[str, str]:
    """The provider's usual variables."""
    return {
        "AWS_ENDPOINT_URL": f"http://{host or server.host}",
        "AWS_REGION": REGION,
        "AWS_ACCESS_KEY_ID": server.access_key,
        "AWS_SECRET_ACCESS_KEY": server.secret_key,
    }


@pytest.fixture(scope="session")
def s3_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    """A running S3 server."""
    url = os.environ.get("TEST_S3_URL")
    if url:
        yield S3Server(
            host=url.removeprefix("http://").rstrip("/"),
            access_key=os.environ["AWS_ACCESS_KEY_ID"],
            secret_key=os.environ["AWS_SECRET_ACCESS_KEY"],
        )
        return
    with seaweedfs(tmp_path_factory.mktemp("seaweedfs")) as server:
        yield server


@pytest.fixture
def s3_bucket(s3_server: S3Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[S3Bucket]:
    """An empty place for a store, which this process has the credentials for; nothing unfinished may be left there."""
    bucket = new_bucket(s3_server)
    for name, value in credentials(s3_server).items():
        monkeypatch.setenv(name, value)
    yield bucket
    assert bucket.unfinished() == []


@contextlib.contextmanager
def seaweedfs(folder: Path) -> Iterator[S3Server]:
    """A SeaweedFS of this folder, from its first answer on."""
    access_key, secret_key = "modelyard-tests", secrets.token_hex(16)
    identity = {
        "name": "modelyard",
        "credentials": [{"accessKey": access_key, "secretKey": secret_key}],
        "actions": ["Admin", "Read", "List", "Tagging", "Write"],
    }
    (folder / "s3.json").write_text(json.dumps({"identities": [identity]}), encoding="utf-8")
    ports = dict(zip(PORTS, free_ports(len(PORTS)), strict=True))
    with (folder / "weed.log").open("wb") as log:
        process = subprocess.Popen(command(folder, ports), stdout=log, stderr=log, cwd=folder)
    server = S3Server(host=f"127.0.0.1:{ports['s3.port']}", access_key=access_key, secret_key=secret_key)
    try:
        await_answer(server, process, folder / "weed.log")
        yield server
    finally:
        process.kill()
        process.wait()


def command(folder: Path, ports: Mapping[str, int]) -> list[str]:
    data = folder / "data"
    data.mkdir()
    return [
        str(Path(sys.executable).with_name("weed")), "-logtostderr=true", "server",
        "-ip=127.0.0.1", "-ip.bind=127.0.0.1", f"-dir={data}", *(f"-{name}={port}" for name, port in ports.items()),
        "-filer", f"-filer.localSocket={folder / 'filer.sock'}",
        "-s3", f"-s3.localSocket={folder / 's3.sock'}", f"-s3.config={folder / 's3.json'}", "-s3.iam=false",
        "-s3.port.iceberg=0", "-s3.port.lance=0", "-master.telemetry=false", "-master.volumeSizeLimitMB=256",
        "-volume.max=100", "-volume.minFreeSpace=0",
    ]  # fmt: skip


def is_writable(server: S3Server) -> bool:
    path = f"/{BUCKET}/ready"
    return server.request("PUT", path)[0] == 200 and server.request("DELETE", path)[0] == 204


def free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        held = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [listener.getsockname()[1] for listener in held]


def await_answer(server: S3Server, process: "subprocess.Popen[bytes]", log: Path) -> None:
    """Wait until a bucket can be made and written to."""
    until = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < until and process.poll() is None:
        with contextlib.suppress(OSError):
            if server.request("PUT", f"/{BUCKET}")[0] in {200, 409} and is_writable(server):
                return
        time.sleep(0.1)
    raise AssertionError(f"SeaweedFS does not answer:\n{log.read_text(encoding='utf-8', errors='replace')[-4000:]}")

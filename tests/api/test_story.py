"""What people and programs do with the registry, over a real socket."""

import hashlib
import io
import json
import re
import socket
import subprocess
import tarfile
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.api.steps import digest_of, done, refused
from tests.integration.server_process import ServerProcess

CONTENT = hashlib.shake_256(b"weights").digest(12_000_000)
CONFIG = b'{"layers": 3}'
PATIENCE_SECONDS = 30


@pytest.fixture
def http(server: ServerProcess) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"{server.url}/api/v1", timeout=PATIENCE_SECONDS) as client:
        yield client


def register(http: httpx.Client, name: str, /, **files: bytes) -> None:
    parts = [("file", (path, content)) for path, content in files.items()]
    done(http.post(f"/models/{name}/versions?create_model=true", files=parts))


def test_one_curl_call_registers_a_model(server: ServerProcess, http: httpx.Client, tmp_path: Path) -> None:
    (tmp_path / "model.bin").write_bytes(CONTENT)
    (tmp_path / "version.json").write_text('{"description": "from curl", "tags": {"team": "risk"}}')
    address = f"{server.url}/api/v1/models/by-curl/versions"
    curl = ("curl", "--silent", "--show-error", "-F", "version=@version.json", "-F", "file=@model.bin")
    for number, query in enumerate(("?create_model=true", ""), 1):
        answer = subprocess.run((*curl, address + query), cwd=tmp_path, check=True, capture_output=True)
        version = json.loads(answer.stdout)
        assert (version["number"], version["description"]) == (number, "from curl")
        assert [file["path"] for file in version["files"]] == ["model.bin"]
    assert http.get("/models/by-curl/versions/2/files/model.bin").content == CONTENT


def test_a_program_sends_only_what_is_missing(http: httpx.Client) -> None:
    register(http, "earlier", config=CONFIG)
    files = {"weights/model.bin": CONTENT, "config.json": CONFIG}
    digests = {digest_of(content): content for content in files.values()}
    missing = done(http.post("/blobs/missing", json={"digests": list(digests)}))["missing"]
    assert digest_of(CONFIG) not in missing
    for digest in missing:
        assert http.put(f"/blobs/{digest}", content=digests[digest]).status_code in {200, 201}
    entries = [
        {"path": path, "digest": digest_of(content), "size_bytes": len(content)} for path, content in files.items()
    ]
    done(http.post("/models", json={"name": "by-manifest"}))
    version = done(http.post("/models/by-manifest/versions", json={"files": entries}))
    assert version["size_bytes"] == len(CONTENT) + len(CONFIG)


def broken_patch(server: ServerProcess, upload: str, offset: int, sent: bytes) -> None:
    """Begin a PATCH that announces the whole rest, send a part of it, and drop the connection."""
    head = (
        f"PATCH {upload} HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nUpload-Offset: {offset}\r\n"
        f"Content-Length: {len(CONTENT) - offset}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE_SECONDS) as connection:
        connection.sendall(head.encode() + sent)


def settled_offset(http: httpx.Client, upload: str, beyond: int) -> int:
    """The offset once the server has noticed that the client is gone."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        offset = int(http.head(upload).headers["upload-offset"])
        if offset > beyond:
            return offset
        time.sleep(0.02)
    raise AssertionError("what was sent did not count")


def test_an_upload_survives_broken_connections(server: ServerProcess, http: httpx.Client) -> None:
    content = CONTENT[::-1]
    begun = http.post("/uploads", json={"size_bytes": len(content), "digest": digest_of(content)})
    location = begun.headers["location"]
    upload = location.removeprefix("/api/v1")
    offset = 0
    for part in (3_000_000, 1_000_001):
        broken_patch(server, location, offset, content[offset : offset + part])
        offset = settled_offset(http, upload, offset)
        assert offset <= len(content)
    wrong = http.patch(upload, content=b"x", headers={"Upload-Offset": "0"})
    assert refused(wrong, 409, "offset-conflict")["offset_bytes"] == offset
    refused(http.put(upload), 409, "upload-incomplete")
    rest = http.patch(upload, content=content[offset:], headers={"Upload-Offset": str(offset)})
    assert (rest.status_code, rest.headers["upload-offset"]) == (204, str(len(content)))
    assert done(http.put(upload)) == {"digest": digest_of(content), "size_bytes": len(content)}


def test_an_upload_with_a_wrong_digest_is_not_kept_and_one_that_is_abandoned_is_gone(http: httpx.Client) -> None:
    for step in ("finish", "abandon"):
        upload = http.post("/uploads", json={"size_bytes": 3}).headers["location"].removeprefix("/api/v1")
        http.patch(upload, content=b"abc", headers={"Upload-Offset": "0"})
        if step == "finish":
            refused(http.put(upload, params={"digest": digest_of(b"xyz")}), 422, "digest-mismatch")
        else:
            assert http.delete(upload).status_code == 204
        assert http.head(upload).status_code == 404
    assert done(http.post("/blobs/missing", json={"digests": [digest_of(b"abc")]}))["missing"] == [digest_of(b"abc")]


def test_a_download_that_broke_off_is_continued(http: httpx.Client) -> None:
    register(http, "to-continue", model=CONTENT)
    address = "/models/to-continue/versions/latest/files/model"
    head = http.head(address)
    assert (head.headers["content-length"], head.content) == (str(len(CONTENT)), b"")
    with http.stream("GET", address) as broken:
        received = next(broken.iter_bytes(1_000_000))
    headers = {"Range": f"bytes={len(received)}-", "If-Range": head.headers["etag"]}
    rest = http.get(address, headers=headers)
    assert (rest.status_code, received + rest.content == CONTENT) == (206, True)
    headers["If-Range"] = '"sha256:other"'
    assert http.get(address, headers=headers).status_code == 200


@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_an_archive_opens_with_ordinary_tools(http: httpx.Client, kind: str) -> None:
    register(http, f"for-{kind}", model=CONTENT, config=CONFIG, empty=b"")
    archive = io.BytesIO(http.get(f"/models/for-{kind}/versions/1/archive", params={"format": kind}).content)
    if kind == "zip":
        with zipfile.ZipFile(archive) as opened:
            found = {name: opened.read(name) for name in opened.namelist()}
    else:
        with tarfile.open(fileobj=archive) as opened:
            found = {member.name: opened.extractfile(member).read() for member in opened}  # type: ignore[union-attr]
    assert found == {"model": CONTENT, "config": CONFIG, "empty": b""}


def test_deleting_says_how_many_bytes_become_free(http: httpx.Client) -> None:
    only_here, shared = b"only here" * 1000, b"shared" * 1000
    register(http, "to-delete", a=only_here, b=shared)
    register(http, "to-stay", b=shared)
    assert done(http.delete("/models/to-delete/versions/1")) == {"freed_bytes": len(only_here)}
    assert http.get("/models/to-stay/versions/1/files/b").content == shared


def test_a_file_that_is_cut_short_while_it_is_sent_is_never_taken_for_whole(
    server: ServerProcess, http: httpx.Client
) -> None:
    content = hashlib.shake_256(b"to cut").digest(64_000_000)
    register(http, "to-cut", model=content)
    [folder] = re.findall(r"data in ([^;]+);", server.announcement)
    [path] = (Path(folder) / "blobs" / "sha256").rglob(f"{digest_of(content).removeprefix('sha256:')}*")
    with http.stream("GET", "/models/to-cut/versions/1/files/model") as response:
        pieces = response.iter_raw()
        next(pieces)
        with path.open("r+b") as file:
            file.truncate(32_000_000)
        with pytest.raises(httpx.RemoteProtocolError):
            list(pieces)
    refused(http.get("/models/to-cut/versions/1/files/model"), 500, "blob-lost")
    assert done(http.get("/models/to-cut"))["latest_version"] == 1

"""A registry that lies: nothing of it gets out of its folder, or into the place of another's files."""

import hashlib
import http.server
import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from modelyard.client.failures import DamagedFile, ModelyardError, UnsafePath
from modelyard.client.registry import Registry
from modelyard.client.server import Server
from modelyard.client.transport import Transport
from tests.client.conftest import HASTY

CONTENT = b"payload"
VERSION = {
    "model": "churn", "number": 1, "stage": "draft", "description": "", "tags": {}, "params": {}, "metadata": {},
    "framework": None, "signature": None, "lineage": None, "digest": "sha256:" + "0" * 64, "size_bytes": 1,
    "file_count": 1, "aliases": [], "metrics": {}, "created_at": "2026-01-31T12:00:00.000Z", "created_by": "eve",
    "revision": 1, "card": "",
}  # fmt: skip


@contextmanager
def lying(files: Sequence[tuple[str, str, int]], bodies: Mapping[str, bytes]) -> Iterator[Registry]:
    """A registry whose only version has these files: path, digest, size; and gives these bytes for them."""
    named = [{"path": path, "digest": digest, "size_bytes": size} for path, digest, size in files]
    document = json.dumps({**VERSION, "files": named}).encode()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            name = self.path.rpartition("/files/")[2]
            body = bodies.get(name, b"") if "/files/" in self.path else document
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield Registry(Transport(Server(url=f"http://127.0.0.1:{server.server_port}"), HASTY))
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def digest_of(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


@pytest.mark.parametrize(
    "path",
    [
        "../evil", "a/../../evil", "/etc/evil", "a//b", "./a", "a/.", "", "..", "a\\b", "..\\evil", "C:evil", "c:/evil",
        "a\0b",
        "a\nb", "a\u202eb", "a\u200bb", "CON", "con.txt", "a/aux", "COM\u00b9.bin", "nul .x", "a.", "a ", "a/b./c",
        "x" * 256, "/".join(["x" * 200] * 6), "a:stream", "a*", "a?", "a|b",
    ],
)  # fmt: skip
@pytest.mark.parametrize("has_folder", [True, False])
def test_a_path_that_leaves_its_folder_or_fits_no_system_is_refused(
    tmp_path: Path, cache_folder: Path, path: str, has_folder: bool
) -> None:
    target = tmp_path / "mine" if has_folder else None
    with lying([(path, digest_of(CONTENT), len(CONTENT))], {}) as registry, pytest.raises(UnsafePath):
        registry.pull("churn:1", target)
    assert not (tmp_path / "mine").exists()
    assert not cache_folder.exists()


@pytest.mark.parametrize("paths", [("a", "A"), ("a", "a/b"), ("\u00e9", "e\u0301"), ("a", "a"), ("x/y", "x/y/z/w")])
def test_paths_that_stand_in_each_others_way_are_refused(paths: tuple[str, str]) -> None:
    files = [(path, digest_of(CONTENT), len(CONTENT)) for path in paths]
    with lying(files, {}) as registry, pytest.raises(UnsafePath):
        registry.pull("churn:1")


@pytest.mark.parametrize(
    "digest", ["", "sha256:../../evil", "sha256:" + "A" * 64, "md5:" + "a" * 32, "sha256:" + "a" * 63]
)
def test_what_is_no_digest_is_refused(tmp_path: Path, digest: str) -> None:
    with lying([("a", digest, 7)], {"a": CONTENT}) as registry, pytest.raises(ModelyardError, match="digest"):
        registry.pull("churn:1")
    assert list(tmp_path.rglob("*evil*")) == []


@pytest.mark.parametrize("size_bytes", [-1, 2**70])
def test_sizes_that_no_file_has_are_refused(size_bytes: int) -> None:
    with lying([("a", digest_of(CONTENT), size_bytes)], {"a": CONTENT}) as registry, pytest.raises(ModelyardError):
        registry.pull("churn:1")


@pytest.mark.parametrize("body", [b"", b"paylaod", b"payload and more", b"x" * 100_000])
def test_other_bytes_than_those_of_the_digest_are_refused(cache_folder: Path, body: bytes) -> None:
    with lying([("a", digest_of(CONTENT), len(CONTENT))], {"a": body}) as registry, pytest.raises(DamagedFile):
        registry.pull("churn:1")
    assert not any(path.is_file() for path in (cache_folder / "sha256").rglob("*"))


def test_a_version_cannot_take_the_place_of_anothers_by_its_digest() -> None:
    """Both name the same digest of the version, which a registry may make up."""
    with lying([("a", digest_of(CONTENT), len(CONTENT))], {"a": CONTENT}) as honest:
        assert (honest.pull("churn:1") / "a").read_bytes() == CONTENT
    with lying([("a", digest_of(b"other"), 5)], {"a": b"other"}) as other:
        assert (other.pull("churn:1") / "a").read_bytes() == b"other"

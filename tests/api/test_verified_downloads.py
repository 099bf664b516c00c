"""With MODELYARD_VERIFY_DOWNLOADS no damaged file arrives whole."""

import http.client
import random
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from modelyard.bootstrap.asgi import create_app
from modelyard.bootstrap.settings import Settings
from tests.api.conftest import empty_registry
from tests.api.in_process import Contract, client_of, lifespan_of
from tests.api.steps import FIRST, add_version, digest_of, done, form, refused
from tests.api.tampering import flip_a_bit_in
from tests.api.test_verification import BITS, flip_a_bit, stored_file
from tests.integration.live_server import PATIENCE_SECONDS
from tests.integration.server_process import REAL, ServerProcess, running
from tests.servers.seaweedfs import S3Bucket

MIB = 2**20
LARGE = bytes(range(256)) * (5 * 4096) + b"five MiB and a little"
FILES = "/api/v1/models/churn/versions/1/files"
ARCHIVE = "/api/v1/models/churn/versions/1/archive"
VERIFYING = {"MODELYARD_VERIFY_DOWNLOADS": "true"}


@pytest.fixture
def data_dir(migrated_file: Path) -> Iterator[Path]:
    with empty_registry(migrated_file) as path:
        yield path


def register(server: ServerProcess, files: dict[str, bytes]) -> None:
    address = f"{server.url}/api/v1/models/churn/versions?create_model=true"
    done(httpx.post(address, files=form(files), timeout=PATIENCE_SECONDS))


def arrived(server: ServerProcess, path: str, **headers: str) -> bytes | None:
    """The whole body of an answer with 200 or 206; nothing where there is none."""
    try:
        status, _, body = server.get(path, **headers)
    except (http.client.IncompleteRead, ConnectionError):
        return None
    return body if status in {200, 206} else None


async def test_of_a_thousand_files_with_a_flipped_bit_none_arrives(
    data_dir: Path, contract: Contract, caplog: pytest.LogCaptureFixture
) -> None:
    contents = {f"part-{number}.bin": f"file {number}".encode() * 10 for number in range(BITS + 10)}
    damaged = list(contents)[:BITS]
    random_ = random.Random(2026)
    app = create_app(Settings(data_dir=data_dir, verify_downloads=True))
    async with lifespan_of(app), client_of(app, contract) as api:
        await add_version(api, files=contents)
        paths = {path.name.partition(".")[0]: path for path in (data_dir / "blobs" / "sha256").rglob("*.*")}
        for name in damaged:
            flip_a_bit(paths[digest_of(contents[name]).removeprefix("sha256:")], random_)
        answers = {name: await api.get(f"{FIRST}/files/{name}") for name in contents}
    assert {answers[name].status_code for name in damaged} == {500}
    assert "damaged" in refused(answers[damaged[0]], 500, "blob-lost")["detail"]
    assert {name for name, answer in answers.items() if answer.content == contents[name]} == {*contents} - {*damaged}
    assert caplog.text.count("a download was broken off") == BITS
    assert all(digest_of(contents[name]) in caplog.text for name in damaged)


@pytest.mark.parametrize("place", [0, 2 * MIB, len(LARGE) - 1])
def test_a_large_file_breaks_off_before_its_end(data_dir: Path, place: int) -> None:
    with running(REAL, data_dir, **VERIFYING) as server:
        register(server, {"small": b"small", "weights": LARGE})
        assert arrived(server, f"{FILES}/weights") == LARGE
        path = stored_file(data_dir, LARGE)
        content = bytearray(path.read_bytes())
        content[place] ^= 1
        path.write_bytes(content)

        with pytest.raises(http.client.IncompleteRead):
            server.get(f"{FILES}/weights")
        for kind in ("zip", "tar"):
            assert arrived(server, f"{ARCHIVE}?format={kind}") is None
        assert arrived(server, f"{FILES}/small") == b"small"
        _, errors = server.stop()
    assert errors.count(f"a download was broken off: the bytes of {digest_of(LARGE)}") == 3


def test_ranges_and_head_are_as_without_it(data_dir: Path) -> None:
    with running(REAL, data_dir, **VERIFYING) as server:
        register(server, {"weights": LARGE, "empty": b""})
        flip_a_bit(stored_file(data_dir, LARGE), random.Random(1))
        whole = arrived(server, f"{FILES}/weights", Range="bytes=0-")
        assert whole is not None
        assert (len(whole), whole != LARGE) == (len(LARGE), True)
        assert httpx.head(f"{server.url}{FILES}/weights").headers["content-length"] == str(len(LARGE))
        assert arrived(server, f"{FILES}/empty") == b""


def test_archives_of_sound_files_are_whole(data_dir: Path) -> None:
    with running(REAL, data_dir, **VERIFYING) as server:
        register(server, {"weights": LARGE, "empty": b"", "small": b"small"})
        for kind in ("zip", "tar"):
            assert LARGE in (arrived(server, f"{ARCHIVE}?format={kind}") or b"")


def test_in_an_object_store_too_and_whole_files_are_not_redirected(data_dir: Path, s3_bucket: S3Bucket) -> None:
    variables = s3_bucket.environment() | VERIFYING | {"MODELYARD_DOWNLOAD_REDIRECT": "true"}
    with running(REAL, data_dir, **variables) as server:
        register(server, {"small": b"small", "weights": LARGE, "kept": b"kept"})
        assert arrived(server, f"{FILES}/weights") == LARGE
        for content in (LARGE, b"small"):
            flip_a_bit_in(s3_bucket, digest_of(content))
        with pytest.raises(http.client.IncompleteRead):
            server.get(f"{FILES}/weights")
        assert server.get(f"{FILES}/small")[0] == 500
        assert server.get(f"{FILES}/kept")[2] == b"kept"
        assert server.get(f"{FILES}/weights", Range="bytes=0-1")[0] == 307

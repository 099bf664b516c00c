"""Files through the front, and uploads that outlive the server on which they were begun."""

import hashlib
import http.client
import secrets
import time
from collections.abc import AsyncIterator

import httpx
import psycopg
import pytest

from tests.api.steps import add_model, digest_of, done, refused
from tests.servers.cluster import Cluster, eventually

MIB = 2**20
LARGE_BYTES = 64 * MIB


@pytest.fixture
async def front(cluster: Cluster) -> AsyncIterator[httpx.AsyncClient]:
    async with cluster.in_front() as client:
        yield client


def some_bytes(size_bytes: int) -> bytes:
    """Different in each test, since equal files are not sent twice; no byte range is like another."""
    seed = secrets.token_bytes(16)
    block = b"".join(hashlib.sha256(seed + bytes([place])).digest() for place in range(256)) + b"!"
    return (block * (size_bytes // len(block) + 1))[:size_bytes]


async def test_64_mib_pass_both_ways_whole_and_in_ranges(front: httpx.AsyncClient) -> None:
    content = some_bytes(LARGE_BYTES)
    model = f"large-{secrets.token_hex(4)}"
    digest = digest_of(content)
    done(await front.put(f"/blobs/{digest}", content=content))
    await add_model(front, model)
    file = {"path": "model.bin", "digest": digest, "size_bytes": len(content)}
    done(await front.post(f"/models/{model}/versions", json={"files": [file]}))

    address = f"/models/{model}/versions/1/files/model.bin"
    whole = await front.get(address)
    assert whole.status_code == 200
    assert digest_of(whole.content) == digest
    assert whole.headers["etag"] == f'"{digest}"'
    for first, last in ((0, 0), (5 * MIB - 1, 9 * MIB), (LARGE_BYTES - 10, LARGE_BYTES - 1)):
        part = await front.get(address, headers={"Range": f"bytes={first}-{last}"})
        assert part.status_code == 206
        assert part.headers["content-range"] == f"bytes {first}-{last}/{LARGE_BYTES}"
        assert part.content == content[first : last + 1]


async def test_an_upload_goes_on_at_another_server_after_its_own_was_killed(cluster: Cluster) -> None:
    content = some_bytes(12 * MIB)
    half = len(content) // 2
    own, other = cluster.servers
    async with cluster.at(own) as client:
        upload = done(await client.post("/uploads", json={"size_bytes": len(content)}))["id"]
        answer = await client.patch(f"/uploads/{upload}", content=content[:half], headers={"Upload-Offset": "0"})
        assert answer.headers["upload-offset"] == str(half)
    own.kill()

    async with cluster.at(other) as client:
        assert (await client.head(f"/uploads/{upload}")).headers["upload-offset"] == str(half)
        rest = await client.patch(f"/uploads/{upload}", content=content[half:], headers={"Upload-Offset": str(half)})
        assert rest.headers["upload-offset"] == str(len(content))
        received = done(await client.put(f"/uploads/{upload}", params={"digest": digest_of(content)}))
        assert received["digest"] == digest_of(content)


async def test_what_a_killed_server_was_writing_is_sent_again_to_another(cluster: Cluster) -> None:
    content = some_bytes(16 * MIB)
    own, other = cluster.servers
    async with cluster.at(own) as client:
        upload = done(await client.post("/uploads", json={"size_bytes": len(content)}))["id"]
    sender = http.client.HTTPConnection("127.0.0.1", own.port, timeout=60)
    sender.putrequest("PATCH", f"/api/v1/uploads/{upload}")
    sender.putheader("Authorization", cluster.authorization()["Authorization"])
    sender.putheader("Upload-Offset", "0")
    sender.putheader("Content-Length", str(len(content)))
    sender.endheaders()
    sender.send(content[: 11 * MIB])
    await eventually(lambda: any(upload in key for key in cluster.bucket.objects()))
    own.kill()
    sender.close()

    async with cluster.at(other) as client:
        offset = (await client.head(f"/uploads/{upload}")).headers["upload-offset"]
        assert offset == "0"  # what was stored is not counted before its request tells of it
        again = {"content": content, "headers": {"Upload-Offset": offset}}
        refused(await client.patch(f"/uploads/{upload}", **again), 409, "upload-busy")  # type: ignore[arg-type]  # as httpx takes them
        two_minutes_pass(cluster, upload)
        assert (await client.patch(f"/uploads/{upload}", **again)).status_code == 204  # type: ignore[arg-type]  # as above
        received = done(await client.put(f"/uploads/{upload}"))
        assert received["digest"] == digest_of(content)


def two_minutes_pass(cluster: Cluster, upload: str) -> None:
    """The claim of a writer that was killed runs out by itself."""
    with psycopg.connect(cluster.database_url, autocommit=True) as connection:
        now_ms = int(time.time() * 1000)
        connection.execute("UPDATE uploads SET writer_until_ms = %s WHERE id = %s", (now_ms - 1, upload))

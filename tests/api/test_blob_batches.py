"""Many small files in one request."""

import tarfile
from collections.abc import Sequence

import httpx
import pytest

from tests.api.digest_archives import archive
from tests.api.steps import digest_of, done, refused

FILES = [f"file {number}".encode() for number in range(30)]
TAR = {"Content-Type": "application/x-tar"}


def named(contents: Sequence[bytes]) -> list[tuple[str, bytes]]:
    return [(digest_of(content), content) for content in contents]


def with_member(change: dict[str, object], kind: bytes = tarfile.REGTYPE) -> bytes:
    """An archive of one file of 7 bytes, with something strange about it."""
    member = tarfile.TarInfo(digest_of(b"content"))
    member.size, member.type = 7, kind
    for name, value in change.items():
        setattr(member, name, value)
    return member.tobuf(tarfile.USTAR_FORMAT) + b"content".ljust(512, b"\0") + bytes(1024)


async def post(api: httpx.AsyncClient, body: bytes) -> httpx.Response:
    return await api.post("/blobs", content=body, headers=TAR)


async def missing(api: httpx.AsyncClient, contents: Sequence[bytes]) -> list[str]:
    wanted = {"digests": [digest_of(content) for content in contents]}
    found: list[str] = done(await api.post("/blobs/missing", json=wanted))["missing"]
    return found


async def test_many_files_are_kept_and_told_in_their_order(api: httpx.AsyncClient) -> None:
    first = await post(api, archive(named(FILES)))
    items = [{"digest": digest_of(content), "size_bytes": len(content)} for content in FILES]
    assert (first.status_code, first.json()) == (201, {"items": items})
    assert await missing(api, FILES) == []


async def test_what_is_there_already_is_no_error(api: httpx.AsyncClient) -> None:
    await post(api, archive(named(FILES[:20])))
    assert (await post(api, archive(named(FILES)))).status_code == 201
    assert (await post(api, archive(named(FILES)))).status_code == 200
    assert await missing(api, FILES) == []


async def test_a_version_can_be_registered_from_a_batch(api: httpx.AsyncClient) -> None:
    await post(api, archive(named(FILES)))
    files = [
        {"path": f"{place}.bin", "digest": digest_of(content), "size_bytes": len(content)}
        for place, content in enumerate(FILES)
    ]
    done(await api.post("/models/churn/versions?create_model=true", json={"files": files}))
    assert (await api.get("/models/churn/versions/1/files/7.bin")).content == FILES[7]


async def test_an_empty_archive_and_empty_files_are_fine(api: httpx.AsyncClient) -> None:
    assert done(await post(api, archive([]))) == {"items": []}
    assert done(await post(api, archive(named([b""])))) == {"items": [{"digest": digest_of(b""), "size_bytes": 0}]}


async def test_one_file_with_other_bytes_refuses_all(api: httpx.AsyncClient) -> None:
    members = [*named(FILES[:5]), (digest_of(b"expected"), b"actual"), *named(FILES[5:])]
    problem = refused(await post(api, archive(members)), 422, "digest-mismatch")
    assert (problem["expected"], problem["actual"]) == (digest_of(b"expected"), digest_of(b"actual"))
    assert len(await missing(api, FILES)) == len(FILES)


@pytest.mark.parametrize("cut_bytes", [1, 511, 512, 1000, 1024 * 3 + 100])
async def test_an_archive_that_breaks_off_keeps_nothing(api: httpx.AsyncClient, cut_bytes: int) -> None:
    body = archive(named(FILES))
    refused(await post(api, body[:cut_bytes]), 400, "malformed-request")
    assert len(await missing(api, FILES)) == len(FILES)


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 400, "malformed-request"),
        (b"no archive" * 100, 400, "malformed-request"),
        (archive(named(FILES), tarfile.GNU_FORMAT), 400, "malformed-request"),
        (archive([("sha256:" + "a" * 63 + "\N{DEGREE SIGN}" * 60, b"")], tarfile.PAX_FORMAT), 400, "malformed-request"),
        (archive([("model.bin", b"content")]), 422, "invalid-input"),
        (archive([("../../etc/passwd", b"content")]), 422, "invalid-input"),
        (archive([(f"./{digest_of(b'content')}", b"content")]), 422, "invalid-input"),
        (archive(named([b"content", b"content"])), 400, "malformed-request"),
        (archive(named(FILES)) + b"more", 400, "malformed-request"),
        (archive(named(FILES)) + bytes(100_000), 400, "malformed-request"),
        (with_member({"linkname": "/etc/passwd"}, tarfile.SYMTYPE), 400, "malformed-request"),
        (with_member({"linkname": "other"}, tarfile.LNKTYPE), 400, "malformed-request"),
        (with_member({}, tarfile.DIRTYPE), 400, "malformed-request"),
        (with_member({}, tarfile.FIFOTYPE), 400, "malformed-request"),
        (with_member({}, b"S"), 400, "malformed-request"),
        (with_member({"size": 4 * 2**20 + 1}), 413, "too-large"),
        (with_member({"size": 8**11 - 1}), 413, "too-large"),
        (with_member({}).replace(b"\x0000", b"\x0001", 1), 400, "malformed-request"),
        (with_member({}).replace(b"0000644", b"0000755", 1), 400, "malformed-request"),
    ],
)
async def test_what_is_no_plain_archive_of_digests_is_refused(
    api: httpx.AsyncClient, body: bytes, status: int, code: str
) -> None:
    refused(await post(api, body), status, code)
    assert len(await missing(api, [b"content", *FILES])) == len(FILES) + 1


async def test_more_than_ten_thousand_files_are_refused(api: httpx.AsyncClient) -> None:
    members = [(f"sha256:{number:064x}", b"") for number in range(10_001)]
    refused(await post(api, archive(members)), 413, "too-large")


@pytest.mark.parametrize("media_type", ["application/octet-stream", "application/json", ""])
async def test_another_kind_of_body_is_refused(api: httpx.AsyncClient, media_type: str) -> None:
    headers = {"Content-Type": media_type} if media_type else {}
    refused(await api.post("/blobs", content=archive(named(FILES)), headers=headers), 415, "unsupported-media-type")

import io
import tarfile
import zipfile
from datetime import datetime

import httpx
import pytest

from tests.api.steps import FIRST, MODEL, add_version, done, refused

FILES = {
    "model.bin": bytes(range(256)) * 9000,
    "empty": b"",
    "tokenizer/vocab → 表.txt": b"one\ntwo\n",
    "deep/" * 50 + "x" * 200: b"long",
}


@pytest.fixture(autouse=True)
async def _a_version(api: httpx.AsyncClient) -> None:
    await add_version(api, files=FILES)


def files_in_tar(content: bytes) -> dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(content), mode="r:") as archive:
        members = archive.getmembers()
        assert all(member.isfile() and member.mode == 0o644 for member in members)
        return {member.name: archive.extractfile(member).read() for member in members}  # type: ignore[union-attr]


def files_in_zip(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.mark.parametrize(
    ("query", "media_type", "name", "files_in"),
    [
        ("", "application/zip", "churn-1.zip", files_in_zip),
        ("?format=zip", "application/zip", "churn-1.zip", files_in_zip),
        ("?format=tar", "application/x-tar", "churn-1.tar", files_in_tar),
    ],
)
async def test_an_archive_holds_all_files_as_they_are(
    api: httpx.AsyncClient, query: str, media_type: str, name: str, files_in: object
) -> None:
    response = await api.get(f"{FIRST}/archive{query}")
    assert response.headers["content-type"] == media_type
    assert response.headers["content-disposition"] == f"attachment; filename=\"{name}\"; filename*=UTF-8''{name}"
    assert response.headers["x-content-type-options"] == "nosniff"
    assert files_in(response.content) == FILES  # type: ignore[operator]
    assert (await api.get(f"{FIRST}/archive{query}")).content == response.content
    head = await api.head(f"{FIRST}/archive{query}")
    assert (head.status_code, head.content, head.headers["etag"]) == (200, b"", response.headers["etag"])


async def test_files_are_as_old_as_their_version(api: httpx.AsyncClient) -> None:
    created_at = datetime.fromisoformat(done(await api.get(FIRST))["created_at"])
    tar = await api.get(f"{FIRST}/archive?format=tar")
    with tarfile.open(fileobj=io.BytesIO(tar.content)) as archive:
        assert {member.mtime for member in archive} == {int(created_at.timestamp())}


async def test_a_version_without_files_is_an_empty_archive(api: httpx.AsyncClient) -> None:
    await add_version(api, "bare", files={})
    for kind, files_in in (("zip", files_in_zip), ("tar", files_in_tar)):
        assert files_in((await api.get(f"/models/bare/versions/1/archive?format={kind}")).content) == {}


async def test_the_two_formats_have_two_tags(api: httpx.AsyncClient) -> None:
    tags = {(await api.head(f"{FIRST}/archive?format={kind}")).headers["etag"] for kind in ("zip", "tar")}
    assert len(tags) == 2


async def test_another_format_is_refused(api: httpx.AsyncClient) -> None:
    refused(await api.get(f"{FIRST}/archive?format=rar"), 422, "invalid-input")
    refused(await api.get(f"{MODEL}/versions/9/archive"), 404, "version-not-found")
    refused(await api.get("/models/nobody/versions/1/archive"), 404, "model-not-found")

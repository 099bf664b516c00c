import base64
import hashlib

import httpx
import pytest

from tests.api.steps import FIRST, MODEL, add_version, digest_of, done, point, refused

CONTENT = bytes(range(256)) * 20_000
PATH = f"{FIRST}/files/weights/model.bin"


@pytest.fixture(autouse=True)
async def _a_version(api: httpx.AsyncClient) -> None:
    await add_version(api, files={"weights/model.bin": CONTENT, "empty": b"", "übersicht → 表.txt": b"x"})


class TestListing:
    async def test_files_are_listed_by_path(self, api: httpx.AsyncClient) -> None:
        listed = done(await api.get(f"{FIRST}/files"))
        assert (listed["model"], listed["number"]) == ("churn", 1)
        assert [(file["path"], file["size_bytes"]) for file in listed["items"]] == [
            ("empty", 0),
            ("weights/model.bin", len(CONTENT)),
            ("übersicht → 表.txt", 1),
        ]
        assert listed["items"] == done(await api.get(FIRST))["files"]


class TestDownloading:
    async def test_a_file_comes_whole_with_its_digest(self, api: httpx.AsyncClient) -> None:
        response = await api.get(PATH)
        assert (response.status_code, response.content == CONTENT) == (200, True)
        digest = base64.b64encode(hashlib.sha256(CONTENT).digest()).decode()
        expected = {
            "accept-ranges": "bytes",
            "content-length": str(len(CONTENT)),
            "etag": f'"{digest_of(CONTENT)}"',
            "repr-digest": f"sha-256=:{digest}:",
        }
        assert expected.items() <= dict(response.headers).items()

    async def test_no_browser_runs_it(self, api: httpx.AsyncClient) -> None:
        for method, path in (("GET", PATH), ("HEAD", PATH), ("GET", f"{FIRST}/files/empty")):
            headers = dict((await api.request(method, path)).headers)
            assert headers["content-type"] == "application/octet-stream"
            assert headers["content-disposition"].startswith("attachment; filename=")
            assert headers["x-content-type-options"] == "nosniff"
            assert headers["content-security-policy"] == "sandbox; default-src 'none'"

    @pytest.mark.parametrize(
        ("path", "disposition"),
        [
            ("weights/model.bin", "attachment; filename=\"model.bin\"; filename*=UTF-8''model.bin"),
            (
                "übersicht → 表.txt",
                'attachment; filename="_bersicht _ _.txt"; '
                "filename*=UTF-8''%C3%BCbersicht%20%E2%86%92%20%E8%A1%A8.txt",
            ),
        ],
    )
    async def test_it_is_saved_under_its_name_in_any_alphabet(
        self, api: httpx.AsyncClient, path: str, disposition: str
    ) -> None:
        assert (await api.get(f"{FIRST}/files/{path}")).headers["content-disposition"] == disposition

    async def test_a_name_cannot_break_out_of_its_header(self, api: httpx.AsyncClient) -> None:
        name = 'a"; filename=evil.exe; x="%0d.txt'
        version = await add_version(api, files={name.replace('"', "'"): b"x"})
        [file] = version["files"]
        response = await api.get(f"{MODEL}/versions/2/files/{file['path'].replace('%', '%25')}")
        assert response.headers["content-disposition"].count('"') == 2
        assert "%0d" not in response.headers["content-disposition"]

    async def test_head_tells_all_and_sends_nothing(self, api: httpx.AsyncClient) -> None:
        whole = await api.get(PATH)
        for headers in ({}, {"Range": "bytes=0-9"}):
            response = await api.head(PATH, headers=headers)
            assert (response.status_code, response.content) == (200, b"")
            assert {**response.headers, "x-request-id": ""} == {**whole.headers, "x-request-id": ""}

    async def test_an_empty_file_is_empty(self, api: httpx.AsyncClient) -> None:
        response = await api.get(f"{FIRST}/files/empty")
        assert (response.status_code, response.content, response.headers["content-length"]) == (200, b"", "0")

    @pytest.mark.parametrize(
        ("header", "start", "stop"),
        [
            ("bytes=0-0", 0, 1),
            ("bytes=100-199", 100, 200),
            ("bytes=5119999-", 5119999, 5120000),
            ("bytes=-1", 5119999, 5120000),
            ("bytes=-9999999", 0, 5120000),
            ("bytes=2097000-2098000", 2097000, 2098001),
            ("bytes=0-99999999999", 0, 5120000),
            ("Bytes=7-8", 7, 9),
        ],
    )
    async def test_a_range_is_exactly_its_bytes(
        self, api: httpx.AsyncClient, header: str, start: int, stop: int
    ) -> None:
        response = await api.get(PATH, headers={"Range": header})
        assert (response.status_code, response.content == CONTENT[start:stop]) == (206, True)
        assert response.headers["content-range"] == f"bytes {start}-{stop - 1}/{len(CONTENT)}"
        assert response.headers["content-length"] == str(stop - start)

    @pytest.mark.parametrize("header", ["bytes=5120000-", "bytes=5120000-5120001", "bytes=-0"])
    async def test_a_range_beyond_the_end_is_refused_with_the_size(self, api: httpx.AsyncClient, header: str) -> None:
        response = await api.get(PATH, headers={"Range": header})
        refused(response, 416, "range-not-satisfiable")
        assert response.headers["content-range"] == f"bytes */{len(CONTENT)}"

    @pytest.mark.parametrize("header", ["bytes=0-1,5-6", "lines=0-1", "bytes=9-3", "bytes", "bytes=a-b", "bytes=0-1;x"])
    async def test_other_ranges_are_ignored(self, api: httpx.AsyncClient, header: str) -> None:
        response = await api.get(PATH, headers={"Range": header})
        assert (response.status_code, len(response.content)) == (200, len(CONTENT))

    async def test_a_range_is_continued_only_in_the_same_file(self, api: httpx.AsyncClient) -> None:
        tag = (await api.head(PATH)).headers["etag"]
        for if_range, status in (
            (tag, 206),
            ('"other"', 200),
            (f"W/{tag}", 200),
            ("Wed, 21 Oct 2015 07:28:00 GMT", 200),
        ):
            response = await api.get(PATH, headers={"Range": "bytes=0-9", "If-Range": if_range})
            assert response.status_code == status

    async def test_what_is_not_there_is_not_found(self, api: httpx.AsyncClient) -> None:
        for method in ("GET", "HEAD"):
            for path in ("nothing", "weights", "weights/", "weights/model.bin/", "/weights/model.bin", "Empty", ""):
                response = await api.request(method, f"{FIRST}/files/{path}")
                assert response.status_code == 404, path
        refused(await api.get(f"{FIRST}/files/nothing"), 404, "file-not-found")
        refused(await api.get(f"{MODEL}/versions/9/files/empty"), 404, "version-not-found")
        refused(await api.get("/models/nobody/versions/1/files"), 404, "model-not-found")


async def test_a_small_file_asked_for_again_is_the_same_whole_and_in_ranges(api: httpx.AsyncClient) -> None:
    content = bytes(range(256))
    await add_version(api, files={"small.bin": content})
    address = f"{MODEL}/versions/2/files/small.bin"
    for _ in range(3):
        whole = await api.get(address)
        assert (whole.content, whole.headers["content-length"]) == (content, "256")
        part = await api.get(address, headers={"Range": "bytes=10-19"})
        assert (part.status_code, part.content, part.headers["content-range"]) == (
            206,
            content[10:20],
            "bytes 10-19/256",
        )
        assert (await api.head(address)).headers["content-length"] == "256"
        assert (await api.get(address, headers={"If-None-Match": whole.headers["etag"]})).status_code == 304


async def test_a_small_file_of_another_version_under_the_same_alias_is_the_new_one(api: httpx.AsyncClient) -> None:
    for number in (2, 3, 4):
        await add_version(api, files={"small.bin": b"version %d" % number})
        await point(api, "champion", number)
        for _ in range(3):
            answer = await api.get(f"{MODEL}/versions/@champion/files/small.bin")
            assert answer.content == b"version %d" % number

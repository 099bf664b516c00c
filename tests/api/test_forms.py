import json
from dataclasses import replace
from typing import Any

import httpx
import pytest

from modelyard.bootstrap.settings import Settings
from tests.api.steps import FILES, FIRST, MODEL, Document, add_model, digest_of, done, form, pointers, refused

HOSTILE_PATHS = [
    "",
    "/etc/passwd",
    "//server/share",
    "../escape",
    "a/../../escape",
    "a/./b",
    "a//b",
    "a/",
    ".",
    "..",
    "a\\b",
    "..\\escape",
    "C:\\Windows\\win.ini",
    "c:/windows",
    "\\\\server\\share\\x",
    "file:stream",
    "nul",
    "CON",
    "aux.txt",
    "weights/Com1.bin",
    "COM¹",
    "lpt9 .log",
    "CONIN$",
    "trailing.",
    "trailing ",
    "a./b",
    "x" * 256,
    "é" * 128,
    "/".join(["x" * 200] * 6),
    "a\x00b",
    "a\x7fb",
    "a\u202eb",
    "a\u200bb",
    "e\u0301",
]


def raw(*parts: bytes, boundary: bytes = b"b") -> dict[str, Any]:
    """A form written by hand."""
    body = b"".join(b"--%s\r\n%s\r\n" % (boundary, part) for part in parts) + b"--%s--\r\n" % boundary
    return {"content": body, "headers": {"Content-Type": f"multipart/form-data; boundary={boundary.decode()}"}}


def file_part(disposition: bytes, content: bytes = b"x") -> bytes:
    return b"Content-Disposition: form-data; name=file; %s\r\n\r\n%s" % (disposition, content)


@pytest.fixture(autouse=True)
async def _a_model(api: httpx.AsyncClient) -> None:
    await add_model(api)


async def register(api: httpx.AsyncClient, **request: Any) -> httpx.Response:
    return await api.post(f"{MODEL}/versions", **request)


class TestParts:
    @pytest.mark.parametrize("file_name", [None, "blob", "version.json"])
    async def test_the_description_is_known_by_its_name(self, api: httpx.AsyncClient, file_name: str | None) -> None:
        """Browsers give each Blob a file name, and `curl -F version=@version.json` that of the file."""
        parts = [("version", (file_name, json.dumps({"card": "hello"}))), ("file", ("a", b"x"))]
        version = done(await register(api, files=parts))
        assert (version["card"], [file["path"] for file in version["files"]]) == ("hello", ["a"])

    async def test_the_order_of_parts_does_not_matter(self, api: httpx.AsyncClient) -> None:
        parts = form({"a": b"x"}, {"card": "hello"})
        assert done(await register(api, files=parts[::-1]))["card"] == "hello"

    async def test_a_field_of_any_name_brings_a_file(self, api: httpx.AsyncClient) -> None:
        assert done(await register(api, files={"model": ("a", b"x")}))["file_count"] == 1

    async def test_a_media_type_is_kept_without_its_parameters(self, api: httpx.AsyncClient) -> None:
        parts = [("file", ("a.txt", b"x", "Text/Plain; charset=utf-8")), ("file", ("b", b"y", "model/x-onnx+gzip"))]
        files = done(await register(api, files=parts))["files"]
        assert [file["media_type"] for file in files] == ["text/plain", "model/x-onnx+gzip"]

    @pytest.mark.parametrize(
        "media_type", ["text", "text/", "te xt/plain", "text/plain\tx", "x" * 150 + "/" + "y" * 150]
    )
    async def test_what_is_no_media_type_is_refused(self, api: httpx.AsyncClient, media_type: str) -> None:
        part = (
            b"Content-Disposition: form-data; name=file; filename=a\r\nContent-Type: %s\r\n\r\nx" % media_type.encode()
        )
        refused(await register(api, **raw(part)), 422, "invalid-input")

    async def test_a_second_description_is_refused(self, api: httpx.AsyncClient) -> None:
        parts = [("version", (None, "{}")), ("version", (None, '{"card": "x"}'))]
        refused(await register(api, files=parts), 400, "malformed-request")

    async def test_a_field_that_is_neither_is_refused(self, api: httpx.AsyncClient) -> None:
        assert pointers(refused(await register(api, files=[("card", (None, "x"))]), 422, "invalid-input")) == ["/card"]

    @pytest.mark.parametrize(
        ("description", "status", "code"),
        [
            ("", 400, "malformed-request"),
            ("{", 400, "malformed-request"),
            ('{"card": "a", "card": "b"}', 400, "malformed-request"),
            ("[]", 422, "invalid-input"),
            ('{"metadata": {"a": NaN}}', 422, "invalid-input"),
            ('{"files": []}', 422, "invalid-input"),
            ('{"stage": "production"}', 422, "invalid-input"),
            ('{"crad": "a"}', 422, "invalid-input"),
        ],
    )
    async def test_the_description_obeys_the_rules_of_bodies(
        self, api: httpx.AsyncClient, description: str, status: int, code: str
    ) -> None:
        refused(await register(api, files=[("version", (None, description))]), status, code)

    async def test_an_empty_form_is_a_version_without_files(self, api: httpx.AsyncClient) -> None:
        assert done(await register(api, **raw()))["files"] == []


class TestFileNames:
    @pytest.mark.parametrize(
        "path", ["model.bin", "weights/a b.bin", "größe/表.txt", "it's (1).bin", "a=b;c,d.bin", "%2e%2e/x", 'say "hi"']
    )
    async def test_a_name_is_the_path_as_it_is(self, api: httpx.AsyncClient, path: str) -> None:
        quoted = path.replace("\\", "\\\\").replace('"', '\\"').encode()
        version = done(await register(api, **raw(file_part(b'filename="%s"' % quoted))))
        assert [file["path"] for file in version["files"]] == [path]

    @pytest.mark.parametrize("path", HOSTILE_PATHS)
    async def test_a_hostile_path_is_refused(self, api: httpx.AsyncClient, path: str) -> None:
        quoted = path.replace("\\", "\\\\").encode()
        for name in (quoted, path.encode()):
            refused(await register(api, **raw(file_part(b'filename="%s"' % name))), 422, "invalid-input")
        refused(await api.get(FIRST), 404, "version-not-found")

    @pytest.mark.parametrize("path", HOSTILE_PATHS)
    async def test_so_it_is_in_a_manifest(self, api: httpx.AsyncClient, path: str) -> None:
        entry = {"path": path, "digest": digest_of(b"x"), "size_bytes": 1}
        problem = refused(await register(api, json={"files": [entry]}), 422, "invalid-input")
        assert set(pointers(problem)) == {"/files/0/path"}

    @pytest.mark.parametrize(
        "disposition",
        [
            b'filename = "C:\\Windows\\win.ini"',
            b"filename=C:\\x",
            b'FILENAME="\\\\server\\x"',
            b'filename="a\r\n b"',
            b'filename="a\rb"',
            b'filename="\xff\xfe"',
            b'filename="\xed\xa0\x80"',
        ],
    )
    async def test_a_name_that_would_have_to_be_guessed_is_refused(
        self, api: httpx.AsyncClient, disposition: bytes
    ) -> None:
        response = await register(api, **raw(file_part(disposition)))
        assert response.status_code in {400, 422}

    @pytest.mark.parametrize("paths", [("a", "a"), ("a", "A"), ("ß", "SS"), ("a", "a/b"), ("A/b", "a")])
    async def test_two_paths_that_would_meet_on_some_disk_are_refused(
        self, api: httpx.AsyncClient, paths: tuple[str, str]
    ) -> None:
        parts = [("file", (path, b"x")) for path in paths]
        refused(await register(api, files=parts), 422, "invalid-input")

    async def test_there_is_no_way_to_say_a_symbolic_link(self, api: httpx.AsyncClient) -> None:
        for field in ("link", "target", "symlink", "mode", "type"):
            entry: Document = {"path": "a", "digest": digest_of(b"x"), "size_bytes": 1, field: "/etc/passwd"}
            problem = refused(await register(api, json={"files": [entry]}), 422, "invalid-input")
            assert pointers(problem) == [f"/files/0/{field}"]


class TestBrokenForms:
    @pytest.mark.parametrize(
        ("content", "content_type"),
        [
            (b"", "multipart/form-data"),
            (b"", "multipart/form-data; boundary="),
            (b"", "multipart/form-data; boundary=b"),
            (b"--b--\r\n", "multipart/form-data; boundary=" + "b" * 300),
            (b"nothing", "multipart/form-data; boundary=b"),
            (
                b"--b\r\nContent-Disposition: form-data; name=file; filename=a\r\n\r\nx",
                "multipart/form-data; boundary=b",
            ),
            (b"--b\r\nContent-Disposition: form-data; name=file; filename=a\r\n", "multipart/form-data; boundary=b"),
            (b"--b\r\nno colon\r\n\r\nx\r\n--b--\r\n", "multipart/form-data; boundary=b"),
            (b"--b\r\n\r\nx\r\n--b--\r\n", "multipart/form-data; boundary=b"),
            (
                b"--b\r\nContent-Disposition: attachment; name=a; filename=a\r\n\r\nx\r\n--b--\r\n",
                "multipart/form-data; boundary=b",
            ),
            (
                b"--b\r\nContent-Disposition: form-data; filename=a\r\n\r\nx\r\n--b--\r\n",
                "multipart/form-data; boundary=b",
            ),
            (b"--b\r\n" + b"X: y\r\n" * 100 + b"\r\nx\r\n--b--\r\n", "multipart/form-data; boundary=b"),
            (b"--b\r\nX: " + b"y" * 100_000 + b"\r\n\r\nx\r\n--b--\r\n", "multipart/form-data; boundary=b"),
            (
                b"--b\r\nContent-Disposition: form-data; name=\xff\r\n\r\nx\r\n--b--\r\n",
                "multipart/form-data; boundary=b",
            ),
        ],
    )
    async def test_what_is_no_form_is_refused(self, api: httpx.AsyncClient, content: bytes, content_type: str) -> None:
        response = await register(api, content=content, headers={"Content-Type": content_type})
        refused(response, 400, "malformed-request")
        refused(await api.get(FIRST), 404, "version-not-found")

    async def test_another_media_type_that_begins_like_a_form_is_refused(self, api: httpx.AsyncClient) -> None:
        request = raw()
        request["headers"]["Content-Type"] = "multipart/form-data-x; boundary=b"
        refused(await register(api, **request), 415, "unsupported-media-type")


class TestBounds:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return replace(settings, max_json_bytes=1024)

    async def test_a_description_over_its_bound_is_refused(self, api: httpx.AsyncClient) -> None:
        refused(await register(api, files=form(FILES, {"card": "x" * 2000})), 413, "too-large")

    async def test_files_are_not_bound_by_it(self, api: httpx.AsyncClient) -> None:
        assert done(await register(api, files=form({"a": b"x" * 100_000})))["size_bytes"] == 100_000

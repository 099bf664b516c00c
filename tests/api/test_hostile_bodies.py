from collections.abc import AsyncIterator
from dataclasses import replace

import httpx
import pytest

from modelyard.bootstrap.settings import Settings
from tests.api.steps import FIRST, MODEL, add_version, done, events_of, point, pointers, refused

JSON = {"Content-Type": "application/json"}
ROUTES = [
    ("POST", "/models"),
    ("PATCH", MODEL),
    ("POST", f"{MODEL}/rename"),
    ("POST", f"{MODEL}/versions"),
    ("PATCH", FIRST),
    ("POST", f"{FIRST}/transitions"),
    ("PUT", f"{MODEL}/aliases/champion"),
    ("POST", f"{FIRST}/metrics"),
    ("POST", "/uploads"),
    ("POST", "/blobs/missing"),
]
DEEP = 100_000


@pytest.fixture(autouse=True)
async def _a_version(api: httpx.AsyncClient) -> None:
    await add_version(api)


async def refuse(api: httpx.AsyncClient, body: bytes | AsyncIterator[bytes], status: int, code: str) -> None:
    """Each route that takes JSON refuses this body, and nothing changes."""
    before = await events_of(api)
    for method, address in ROUTES:
        refused(await api.request(method, address, content=body, headers=JSON), status, code)
    assert await events_of(api) == before


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"{",
        b"{}}",
        b"{'name': 1}",
        b'{"name": "a",}',
        b'{"name": "a\tb"}',
        b"\xef\xbb\xbf{}",
        b"nul",
        b'{"name": 01}',
        b'{"name": "\\x00"}',
    ],
)
async def test_what_is_not_json_is_refused(api: httpx.AsyncClient, body: bytes) -> None:
    await refuse(api, body, 400, "malformed-request")


@pytest.mark.parametrize("body", [b'{"name": "\xff"}', "{}".encode("utf-16"), b'{"name": "\xed\xa0\x80"}', b"\x80"])
async def test_what_is_not_utf_8_is_refused_raw_surrogates_included(api: httpx.AsyncClient, body: bytes) -> None:
    await refuse(api, body, 400, "malformed-request")


@pytest.mark.parametrize(
    "body", [b'{"name": "a", "name": "b"}', b'{"tags": {"a": "1", "a": "1"}}', b'{"x": [{"": 1, "": 2}]}']
)
async def test_a_key_that_stands_twice_is_refused(api: httpx.AsyncClient, body: bytes) -> None:
    await refuse(api, body, 400, "malformed-request")


@pytest.mark.parametrize("word", ["NaN", "Infinity", "-Infinity", "1e999", "-1e999", "[1, NaN]"])
async def test_numbers_that_are_not_finite_are_refused(api: httpx.AsyncClient, word: str) -> None:
    await refuse(api, b'{"metadata": {"a": %s}}' % word.encode(), 422, "invalid-input")


@pytest.mark.parametrize("integer", [str(2**53), str(-(2**53)), str(2**63), str(2**64), "1" * 400, "-" + "1" * 5000])
async def test_integers_that_other_clients_would_round_are_refused(api: httpx.AsyncClient, integer: str) -> None:
    await refuse(api, f'{{"metadata": {{"a": {integer}}}}}'.encode(), 422, "invalid-input")


@pytest.mark.parametrize("text", ["\\ud800", "\\udfff\\ud800", "a\\u0000b", "\\u0000"])
async def test_escaped_lone_surrogates_and_nul_are_refused_in_texts_and_keys(api: httpx.AsyncClient, text: str) -> None:
    for body in (f'{{"description": "{text}"}}', f'{{"{text}": 1}}', f'{{"metadata": {{"a": {{"{text}": 1}}}}}}'):
        await refuse(api, body.encode(), 422, "invalid-input")


async def test_a_pair_of_surrogates_is_one_character(api: httpx.AsyncClient) -> None:
    response = await api.patch(FIRST, content=b'{"description": "\\ud83d\\ude80"}', headers=JSON)
    assert done(response)["description"] == "🚀"


@pytest.mark.parametrize(("opening", "closing"), [(b"[", b"]"), (b'{"a":', b"}")])
async def test_json_is_nested_at_most_64_deep(api: httpx.AsyncClient, opening: bytes, closing: bytes) -> None:
    def nested(depth: int) -> bytes:
        return b'{"metadata": {"a": ' + opening * (depth - 2) + b"1" + closing * (depth - 2) + b"}}"

    done(await api.patch(FIRST, content=nested(64), headers=JSON))
    await refuse(api, nested(65), 422, "invalid-input")
    await refuse(api, nested(5000), 400, "malformed-request")
    await refuse(api, nested(DEEP), 400, "malformed-request")
    await refuse(api, opening * DEEP, 400, "malformed-request")


@pytest.mark.parametrize("document", [b"null", b"[]", b'"text"', b"1", b"true", b"[{}]"])
async def test_a_body_must_be_an_object(api: httpx.AsyncClient, document: bytes) -> None:
    await refuse(api, document, 422, "invalid-input")


@pytest.mark.parametrize(
    "content_type",
    ["", "text/plain", "application/x-www-form-urlencoded", "application/jsonp", "text/json", "json", ";"],
)
async def test_another_content_type_is_refused(api: httpx.AsyncClient, content_type: str) -> None:
    for method, address in ROUTES:
        response = await api.request(method, address, content=b"{}", headers={"Content-Type": content_type})
        refused(response, 415, "unsupported-media-type")


@pytest.mark.parametrize("content_type", ["application/json; charset=utf-8", "Application/JSON", "application/json;"])
async def test_parameters_and_letter_case_of_the_content_type_do_not_matter(
    api: httpx.AsyncClient, content_type: str
) -> None:
    response = await api.patch(MODEL, content=b'{"description": "x"}', headers={"Content-Type": content_type})
    assert done(response)["description"] == "x"


@pytest.mark.parametrize(
    ("method", "address", "field", "nearest"),
    [
        ("POST", "/models", "nmae", "name"),
        ("PATCH", MODEL, "descripton", "description"),
        ("POST", f"{MODEL}/rename", "new_name", "name"),
        ("POST", f"{MODEL}/versions", "metdata", "metadata"),
        ("PATCH", FIRST, "tag", "tags"),
        ("POST", f"{FIRST}/transitions", "stage", "to_stage"),
        ("PUT", f"{MODEL}/aliases/champion", "versions", "version"),
        ("POST", f"{FIRST}/metrics", "metric", "metrics"),
        ("POST", "/uploads", "size", "size_bytes"),
        ("POST", "/blobs/missing", "digest", "digests"),
    ],
)
async def test_an_unknown_field_is_refused_with_the_nearest(
    api: httpx.AsyncClient, method: str, address: str, field: str, nearest: str
) -> None:
    problem = refused(await api.request(method, address, json={field: 1}), 422, "invalid-input")
    told = {error["pointer"]: error["message"] for error in problem["errors"]}
    assert told[f"/{field}"] == f"is no field here. Did you mean {nearest!r}?"


async def test_so_it_is_inside_of_lists_and_objects(api: httpx.AsyncClient) -> None:
    body = {"signature": {"inputs": [{"name": "a", "dtyp": "x"}]}, "lineage": {"git": {"repo": "x"}}, "zzz": 1}
    problem = refused(await api.post(f"{MODEL}/versions", json=body), 422, "invalid-input")
    told = {error["pointer"]: error["message"] for error in problem["errors"]}
    assert told["/signature/inputs/0/dtyp"].endswith("Did you mean 'dtype'?")
    assert told["/lineage/git/repo"].endswith("Did you mean 'repository'?")
    assert "description, tags" in told["/zzz"]


async def test_at_most_twenty_faults_are_told(api: httpx.AsyncClient) -> None:
    problem = refused(await api.post("/models", json={f"x{index}": 1 for index in range(100)}), 422, "invalid-input")
    assert len(pointers(problem)) == 20


class TestBounds:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return replace(settings, max_json_bytes=1024)

    async def test_a_body_over_its_bound_is_refused(self, api: httpx.AsyncClient) -> None:
        await refuse(api, b'{"description": "%s"}' % (b"x" * 1024), 413, "too-large")

    async def test_it_is_counted_as_it_streams(self, api: httpx.AsyncClient) -> None:
        pulled = 0

        async def endless() -> AsyncIterator[bytes]:
            nonlocal pulled
            while True:
                pulled += 100
                yield b" " * 100

        refused(await api.post("/models", content=endless(), headers=JSON), 413, "too-large")
        assert pulled < 2000


async def test_a_million_values_are_refused_before_they_are_looked_at(api: httpx.AsyncClient) -> None:
    for body in (b"[" + b"1," * 10**6 + b"1]", b"[" * 10**6, b'{"a":{},' * 10**6):
        refused(await api.post("/models", content=body, headers=JSON), 413, "too-large")


async def test_a_member_of_a_long_object_that_stands_twice_is_found_at_once(api: httpx.AsyncClient) -> None:
    members = ",".join(f'"{index}":1' for index in range(100_000))
    body = f'{{"metadata":{{{members},"99999":1}}}}'.encode()
    problem = refused(await api.patch(FIRST, content=body, headers=JSON), 400, "malformed-request")
    assert "'99999'" in problem["detail"]


async def test_a_change_cannot_reach_another_version_by_an_alias_that_moves(api: httpx.AsyncClient) -> None:
    await add_version(api)
    tag = (await point(api, "champion", 1)).headers["etag"]
    await point(api, "champion", 2)
    response = await api.put(f"{MODEL}/aliases/champion", json={"version": 1}, headers={"If-Match": tag})
    refused(response, 412, "precondition-failed")

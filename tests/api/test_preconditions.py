import httpx
import pytest

from tests.api.steps import FIRST, MODEL, Document, add_version, done, events_of, point, refused

CHAMPION = f"{MODEL}/aliases/champion"
READS = [MODEL, FIRST, CHAMPION, f"{FIRST}/files", f"{FIRST}/files/model.joblib", f"{FIRST}/archive"]
CHANGES: list[tuple[str, str, Document | None]] = [
    ("PATCH", MODEL, {"description": "new"}),
    ("POST", f"{MODEL}/rename", {"name": "new"}),
    ("DELETE", f"{MODEL}?force=true", None),
    ("PATCH", FIRST, {"description": "new"}),
    ("DELETE", f"{FIRST}?force=true", None),
    ("PUT", CHAMPION, {"version": 2}),
    ("DELETE", CHAMPION, None),
]


@pytest.fixture(autouse=True)
async def _two_versions_and_an_alias(api: httpx.AsyncClient) -> None:
    for _ in range(2):
        await add_version(api, files={"model.joblib": b"content"})
    await point(api, "champion", 1)


async def tag_of(api: httpx.AsyncClient, address: str) -> str:
    tag: str = (await api.get(address.partition("?")[0].removesuffix("/rename"))).headers["etag"]
    return tag


class TestReading:
    @pytest.mark.parametrize("address", READS)
    async def test_what_the_caller_holds_is_not_sent_again(self, api: httpx.AsyncClient, address: str) -> None:
        tag = await tag_of(api, address)
        for header in (tag, f"W/{tag}", f'"other", {tag}', "*", f'"other",{tag} , "third"'):
            response = await api.get(address, headers={"If-None-Match": header})
            assert (response.status_code, response.content) == (304, b""), header
            assert response.headers["etag"] == tag

    @pytest.mark.parametrize("address", READS)
    async def test_another_state_is_sent(self, api: httpx.AsyncClient, address: str) -> None:
        for header in ('"other"', '""', 'W/"other", "third"'):
            assert (await api.get(address, headers={"If-None-Match": header})).status_code == 200

    @pytest.mark.parametrize("address", READS)
    async def test_what_is_no_list_of_tags_is_refused(self, api: httpx.AsyncClient, address: str) -> None:
        for header in ("other", '"open', "", ",", '"a" "b"', "'a'", '"a",', 'w/"a"'):
            refused(await api.get(address, headers={"If-None-Match": header}), 400, "malformed-request")

    async def test_several_header_lines_are_one_list(self, api: httpx.AsyncClient) -> None:
        headers = [("If-None-Match", '"other"'), ("If-None-Match", await tag_of(api, MODEL))]
        assert (await api.get(MODEL, headers=headers)).status_code == 304

    async def test_a_version_has_another_tag_after_each_change_that_shows(self, api: httpx.AsyncClient) -> None:
        tags = [await tag_of(api, FIRST)]
        for method, address, body in [
            ("PATCH", FIRST, {"card": "x"}),
            ("PUT", CHAMPION, {"version": 2}),
            ("POST", f"{FIRST}/transitions", {"to_stage": "staging"}),
            ("POST", f"{FIRST}/metrics", {"metrics": [{"name": "auc", "value": 1}]}),
        ]:
            done(await api.request(method, address, json=body))
            tags.append(await tag_of(api, FIRST))
        assert len(set(tags)) == 5


class TestChanging:
    @pytest.mark.parametrize(("method", "address", "body"), CHANGES)
    async def test_a_change_of_the_present_state_passes(
        self, api: httpx.AsyncClient, method: str, address: str, body: Document | None
    ) -> None:
        headers = {"If-Match": f'"other", {await tag_of(api, address)}'}
        assert (await api.request(method, address, json=body, headers=headers)).is_success

    @pytest.mark.parametrize(("method", "address", "body"), CHANGES)
    async def test_a_change_of_another_state_changes_nothing(
        self, api: httpx.AsyncClient, method: str, address: str, body: Document | None
    ) -> None:
        before = await events_of(api)
        tag = await tag_of(api, address)
        for header in ('"other"', f"W/{tag}", '""'):
            response = await api.request(method, address, json=body, headers={"If-Match": header})
            assert refused(response, 412, "precondition-failed")["hint"]
        assert await events_of(api) == before

    @pytest.mark.parametrize(("method", "address", "body"), CHANGES)
    async def test_a_star_passes_for_whatever_is_there(
        self, api: httpx.AsyncClient, method: str, address: str, body: Document | None
    ) -> None:
        assert (await api.request(method, address, json=body, headers={"If-Match": "*"})).is_success

    @pytest.mark.parametrize(("method", "address", "body"), CHANGES)
    async def test_what_is_no_list_of_tags_is_refused(
        self, api: httpx.AsyncClient, method: str, address: str, body: Document | None
    ) -> None:
        response = await api.request(method, address, json=body, headers={"If-Match": "1-1"})
        refused(response, 400, "malformed-request")

    async def test_the_second_of_two_editors_is_told(self, api: httpx.AsyncClient) -> None:
        headers = {"If-Match": await tag_of(api, MODEL)}
        done(await api.patch(MODEL, json={"description": "one"}, headers=headers))
        refused(await api.patch(MODEL, json={"description": "two"}, headers=headers), 412, "precondition-failed")


class TestMaking:
    async def test_an_alias_is_made_only_where_there_is_none(self, api: httpx.AsyncClient) -> None:
        headers = {"If-None-Match": "*"}
        refused(await api.put(CHAMPION, json={"version": 2}, headers=headers), 412, "precondition-failed")
        made = await api.put(f"{MODEL}/aliases/new", json={"version": 2}, headers=headers)
        assert made.status_code == 201

    async def test_an_alias_is_moved_only_where_there_is_one(self, api: httpx.AsyncClient) -> None:
        for header in ("*", '"1-1"'):
            response = await api.put(f"{MODEL}/aliases/new", json={"version": 2}, headers={"If-Match": header})
            refused(response, 412, "precondition-failed")
        assert len(done(await api.get(f"{MODEL}/aliases"))["items"]) == 1

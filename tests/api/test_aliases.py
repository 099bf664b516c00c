import httpx
import pytest

from tests.api.steps import FIRST, MODEL, add_model, add_version, done, events_of, point, pointers, refused

CHAMPION = f"{MODEL}/aliases/champion"


@pytest.fixture(autouse=True)
async def _three_versions(api: httpx.AsyncClient) -> None:
    for _ in range(3):
        await add_version(api)


class TestPointing:
    async def test_a_new_alias_is_created_and_an_old_one_moves(self, api: httpx.AsyncClient) -> None:
        made = await point(api, "champion", 1)
        assert (made.status_code, made.headers["location"]) == (201, "/api/v1/models/churn/aliases/champion")
        moved = await point(api, "champion", 2)
        assert (moved.status_code, moved.json()["version"], moved.json()["revision"]) == (200, 2, 2)
        read = await api.get(CHAMPION)
        assert (read.json(), read.headers["etag"]) == (moved.json(), moved.headers["etag"])
        assert done(await api.get(f"{MODEL}/versions/@champion"))["aliases"] == ["champion"]
        assert done(await api.get(FIRST))["aliases"] == []

    async def test_pointing_it_where_it_points_changes_nothing(self, api: httpx.AsyncClient) -> None:
        first = await point(api, "champion", 1)
        before = await events_of(api)
        again = await point(api, "champion", 1)
        assert (again.json(), again.headers["etag"]) == (first.json(), first.headers["etag"])
        assert await events_of(api) == before

    @pytest.mark.parametrize("alias", ["1", "a.b-c_d", "A", "x" * 100])
    async def test_a_name_within_the_rules(self, api: httpx.AsyncClient, alias: str) -> None:
        await point(api, alias, 1)
        assert done(await api.get(f"{MODEL}/versions/@{alias}"))["number"] == 1

    @pytest.mark.parametrize("alias", [".a", "-a", "a b", "ä", "@a", "x" * 101, "a%25b", "a:b"])
    async def test_a_name_against_the_rules_is_refused(self, api: httpx.AsyncClient, alias: str) -> None:
        response = await api.put(f"{MODEL}/aliases/{alias}", json={"version": 1})
        refused(response, 422, "invalid-input")

    async def test_a_whole_number_may_have_a_fraction_of_zero(self, api: httpx.AsyncClient) -> None:
        response = await api.put(CHAMPION, content=b'{"version": 2.0}', headers={"Content-Type": "application/json"})
        assert done(response)["version"] == 2

    async def test_what_it_cannot_point_to(self, api: httpx.AsyncClient) -> None:
        refused(await api.put(CHAMPION, json={"version": 9}), 404, "version-not-found")
        refused(await api.put("/models/nobody/aliases/a", json={"version": 1}), 404, "model-not-found")
        for version in (0, -1, "1", 1.5, True, None, 10**9):
            problem = refused(await api.put(CHAMPION, json={"version": version}), 422, "invalid-input")
            assert pointers(problem) == ["/version"]


class TestProtecting:
    async def test_it_stays_as_it_is_where_nothing_is_said_of_it(self, api: httpx.AsyncClient) -> None:
        assert (await point(api, "champion", 1)).json()["protected"] is False
        held = await api.put(CHAMPION, json={"version": 1, "protected": True})
        assert (held.status_code, held.json()["protected"], held.json()["revision"]) == (200, True, 2)
        for body in ({"version": 2}, {"version": 3, "protected": None}):
            assert done(await api.put(CHAMPION, json=body))["protected"] is True
        assert [one["protected"] for one in done(await api.get(f"{MODEL}/aliases"))["items"]] == [True]
        assert done(await api.put(CHAMPION, json={"version": 3, "protected": False}))["protected"] is False

    async def test_a_change_of_it_is_seen_in_the_tag(self, api: httpx.AsyncClient) -> None:
        tag = (await point(api, "champion", 1)).headers["etag"]
        body = {"version": 1, "protected": True}
        changed = await api.put(CHAMPION, json=body, headers={"If-Match": tag})
        assert changed.headers["etag"] not in {tag, None}
        refused(await api.put(CHAMPION, json={"version": 2}, headers={"If-Match": tag}), 412, "precondition-failed")
        read = await api.get(CHAMPION, headers={"If-None-Match": tag})
        assert (read.status_code, read.json()["protected"]) == (200, True)
        assert (await api.put(CHAMPION, json=body)).headers["etag"] == changed.headers["etag"]

    async def test_the_timeline_tells_moves_and_not_protection(self, api: httpx.AsyncClient) -> None:
        await point(api, "champion", 1)
        done(await api.put(CHAMPION, json={"version": 1, "protected": True}))
        (held,) = done(await api.get(f"{MODEL}/timeline", params={"alias": "champion"}))["items"]
        assert (held["version"], held["until"]) == (1, None)

    @pytest.mark.parametrize("protected", ["true", 1, 0, [], "yes"])
    async def test_it_is_a_boolean_or_nothing(self, api: httpx.AsyncClient, protected: object) -> None:
        problem = refused(await api.put(CHAMPION, json={"version": 1, "protected": protected}), 422, "invalid-input")
        assert pointers(problem) == ["/protected"]

    async def test_a_version_and_a_model_with_one_go_by_force_as_ever(self, api: httpx.AsyncClient) -> None:
        for alias, number in (("champion", 1), ("other", 2)):
            done(await api.put(f"{MODEL}/aliases/{alias}", json={"version": number, "protected": True}))
        refused(await api.delete(FIRST), 409, "version-in-use")
        done(await api.delete(f"{FIRST}?force=true"))
        refused(await api.delete(MODEL), 409, "model-in-use")
        done(await api.delete(f"{MODEL}?force=true"))


class TestReading:
    async def test_all_aliases_of_a_model_are_listed_by_name(self, api: httpx.AsyncClient) -> None:
        for number, alias in enumerate(["b", "a", "c"], 1):
            await point(api, alias, number)
        items = done(await api.get(f"{MODEL}/aliases"))["items"]
        assert [(item["name"], item["version"]) for item in items] == [("a", 2), ("b", 1), ("c", 3)]

    async def test_what_is_not_there_is_not_found(self, api: httpx.AsyncClient) -> None:
        refused(await api.get(CHAMPION), 404, "alias-not-found")
        for address in ("/models/nobody/aliases", "/models/nobody/aliases/champion"):
            refused(await api.get(address), 404, "model-not-found")


class TestDeleting:
    async def test_the_alias_goes_and_the_version_stays(self, api: httpx.AsyncClient) -> None:
        await point(api, "champion", 1)
        response = await api.delete(CHAMPION)
        assert (response.status_code, response.content) == (204, b"")
        refused(await api.get(CHAMPION), 404, "alias-not-found")
        assert done(await api.get(FIRST))["number"] == 1

    async def test_what_is_not_there_is_not_found(self, api: httpx.AsyncClient) -> None:
        refused(await api.delete(CHAMPION), 404, "alias-not-found")
        refused(await api.delete("/models/nobody/aliases/a"), 404, "model-not-found")

    async def test_a_tag_is_never_that_of_an_alias_made_anew(self, api: httpx.AsyncClient) -> None:
        first = await point(api, "champion", 1)
        await api.delete(CHAMPION)
        assert (await point(api, "champion", 1)).headers["etag"] != first.headers["etag"]

    async def test_an_alias_of_another_model_stays(self, api: httpx.AsyncClient) -> None:
        await add_model(api, "other")
        await point(api, "champion", 1)
        refused(await api.get("/models/other/aliases/champion"), 404, "alias-not-found")

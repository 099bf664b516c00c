import httpx
import pytest

from tests.api.steps import MODEL, add_model, add_version, done, events_of, move, point, pointers, refused

MOMENT = r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z"


class TestCreating:
    async def test_a_model_is_made_with_all_its_fields(self, api: httpx.AsyncClient) -> None:
        body = {"name": "churn", "description": "Who leaves", "tags": {"team": "risk"}}
        response = await api.post("/models", json=body, headers={"X-Modelyard-Actor": "ana"})
        assert response.status_code == 201
        assert response.headers["location"] == "/api/v1/models/churn"
        made = response.json()
        assert body.items() <= made.items()
        assert (made["latest_version"], made["production"], made["revision"]) == (None, [], 1)
        assert (made["created_by"], made["updated_by"]) == ("ana", "ana")
        assert made["created_at"] == made["updated_at"]
        read = await api.get(MODEL)
        assert (read.json(), read.headers["etag"]) == (made, response.headers["etag"])

    async def test_times_are_utc_with_milliseconds(self, api: httpx.AsyncClient) -> None:
        made = await add_model(api)
        assert made["created_at"].endswith("Z")
        assert len(made["created_at"]) == len("2026-01-31T12:00:00.000Z")

    async def test_a_name_is_given_once(self, api: httpx.AsyncClient) -> None:
        await add_model(api)
        refused(await api.post("/models", json={"name": "churn"}), 409, "model-exists")

    async def test_names_differ_by_letter_case(self, api: httpx.AsyncClient) -> None:
        await add_model(api)
        await add_model(api, "Churn")
        assert [item["name"] for item in done(await api.get("/models"))["items"]] == ["Churn", "churn"]

    @pytest.mark.parametrize("name", ["fraud.cards.detector", "größe", "モデル", "a b", "x" * 200, "it's+1&2=3;4"])
    async def test_a_name_in_any_alphabet_leads_back_to_its_model(self, api: httpx.AsyncClient, name: str) -> None:
        response = await api.post("/models", json={"name": name})
        address = response.headers["location"].removeprefix("/api/v1")
        assert address.isascii()
        assert done(await api.get(address))["name"] == name

    @pytest.mark.parametrize(
        "name",
        [
            *(
                "",
                " ",
                " a",
                "a ",
                ".",
                "..",
                "a/b",
                "a\\b",
                "a:b",
                "a@b",
                "a?b",
                "a#b",
                "a%b",
                "x" * 201,
                "a\tb",
                "a\nb",
            ),
            *("a\u202eb", "a\u200bb", "a\u2028b", "e\u0301", "\u00a0a"),
        ],
    )
    async def test_a_name_against_the_rules_is_refused(self, api: httpx.AsyncClient, name: str) -> None:
        problem = refused(await api.post("/models", json={"name": name}), 422, "invalid-input")
        assert set(pointers(problem)) == {"/name"}


class TestReading:
    async def test_an_unknown_model_is_not_found(self, api: httpx.AsyncClient) -> None:
        refused(await api.get("/models/nobody"), 404, "model-not-found")

    async def test_it_tells_the_latest_version_and_what_is_in_production(self, api: httpx.AsyncClient) -> None:
        for _ in range(2):
            await add_version(api)
        await move(api, 1, "staging", "production")
        model = done(await api.get(MODEL))
        assert (model["latest_version"], model["production"]) == (2, [1])


class TestUpdating:
    async def test_only_what_is_said_changes(self, api: httpx.AsyncClient) -> None:
        await add_model(api, description="old", tags={"a": "1", "b": "2"})
        changed = done(await api.patch(MODEL, json={"tags": {"b": None, "c": "3"}}))
        assert (changed["description"], changed["tags"], changed["revision"]) == ("old", {"a": "1", "c": "3"}, 2)

    async def test_null_empties_the_description(self, api: httpx.AsyncClient) -> None:
        await add_model(api, description="old")
        assert done(await api.patch(MODEL, json={"description": None}))["description"] == ""

    async def test_nothing_changed_is_no_new_revision(self, api: httpx.AsyncClient) -> None:
        await add_model(api, description="old")
        changed = await api.patch(MODEL, json={"description": "old"})
        assert (done(changed)["revision"], len(await events_of(api))) == (1, 1)

    @pytest.mark.parametrize("field", ["name", "revision", "created_by", "created_at", "updated_at", "owner", "id"])
    async def test_no_other_field_can_be_set(self, api: httpx.AsyncClient, field: str) -> None:
        before = await add_model(api)
        refused(await api.patch(MODEL, json={field: "x"}), 422, "invalid-input")
        assert done(await api.get(MODEL)) == before

    async def test_an_unknown_model_is_not_found(self, api: httpx.AsyncClient) -> None:
        refused(await api.patch("/models/nobody", json={}), 404, "model-not-found")


class TestRenaming:
    async def test_versions_aliases_and_history_go_with_it(self, api: httpx.AsyncClient) -> None:
        await add_version(api)
        await point(api, "champion", 1)
        renamed = await api.post(f"{MODEL}/rename", json={"name": "churn-eu"})
        assert renamed.headers["location"] == "/api/v1/models/churn-eu"
        refused(await api.get(MODEL), 404, "model-not-found")
        assert done(await api.get("/models/churn-eu/versions/@champion"))["model"] == "churn-eu"
        history = done(await api.get("/models/churn-eu/events"))["items"]
        assert [event["model"] for event in history] == ["churn-eu", "churn", "churn", "churn"]

    async def test_the_old_name_becomes_free(self, api: httpx.AsyncClient) -> None:
        await add_version(api)
        done(await api.post(f"{MODEL}/rename", json={"name": "churn-eu"}))
        assert (await add_model(api))["latest_version"] is None

    @pytest.mark.parametrize(
        ("name", "status", "code"), [("taken", 409, "model-exists"), ("a/b", 422, "invalid-input")]
    )
    async def test_a_name_that_cannot_be_given(self, api: httpx.AsyncClient, name: str, status: int, code: str) -> None:
        await add_model(api)
        await add_model(api, "taken")
        refused(await api.post(f"{MODEL}/rename", json={"name": name}), status, code)

    async def test_an_unknown_model_is_not_found(self, api: httpx.AsyncClient) -> None:
        refused(await api.post("/models/nobody/rename", json={"name": "a"}), 404, "model-not-found")


class TestDeleting:
    async def test_it_says_how_many_bytes_become_free(self, api: httpx.AsyncClient) -> None:
        await add_version(api, files={"a": b"12345", "b": b"12345", "c": b"678"})
        await add_version(api, "other", files={"c": b"678"})
        assert done(await api.delete(MODEL)) == {"freed_bytes": 5}
        refused(await api.get(MODEL), 404, "model-not-found")
        refused(await api.delete(MODEL), 404, "model-not-found")

    async def test_one_in_use_needs_force(self, api: httpx.AsyncClient) -> None:
        await add_version(api)
        await move(api, 1, "staging")
        await point(api, "champion", 1)
        problem = refused(await api.delete(MODEL), 409, "model-in-use")
        assert (problem["versions"], problem["aliases"]) == ([1], ["champion"])
        assert "force=true" in problem["hint"]
        done(await api.delete(f"{MODEL}?force=true"))
        refused(await api.get(MODEL), 404, "model-not-found")

    async def test_its_numbers_begin_anew_with_a_new_model(self, api: httpx.AsyncClient) -> None:
        await add_version(api)
        done(await api.delete(MODEL))
        assert (await add_version(api))["number"] == 1

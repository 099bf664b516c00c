from typing import Any

import httpx
import pytest

from tests.api.steps import (
    FIRST,
    MODEL,
    add_model,
    add_version,
    digest_of,
    done,
    events_of,
    form,
    move,
    point,
    pointers,
    put_blob,
    refused,
)

WHOLE: dict[str, Any] = {
    "description": "a tree",
    "tags": {"team": "risk"},
    "params": {"max_depth": 8, "rates": [0.1, 0.01], "warm": True, "none": None},
    "metadata": {"training": {"rows": 569}},
    "framework": {"name": "scikit-learn", "version": "1.9.1"},
    "signature": {
        "inputs": [{"name": "age", "dtype": "float64", "shape": [-1]}],
        "outputs": [{"name": "p", "dtype": "float64", "shape": [-1, 2]}],
    },
    "lineage": {
        "git": {"repository": "git@example.com:risk/churn.git", "commit": "9fceb02"},
        "datasets": [{"name": "customers", "digest": "sha256:12"}],
        "run": "run-7",
        "source": "runs:/7/model",
    },
    "card": "# Churn",
}
CONTENT = b"the bytes of a model"
ENTRY = {"path": "model.joblib", "digest": digest_of(CONTENT), "size_bytes": len(CONTENT)}
STORED = ENTRY | {"media_type": "application/octet-stream"}


class TestRegistering:
    async def test_from_a_manifest_of_uploaded_files(self, api: httpx.AsyncClient) -> None:
        await add_model(api)
        await put_blob(api, CONTENT)
        response = await api.post(f"{MODEL}/versions", json=WHOLE | {"files": [ENTRY]})
        assert response.status_code == 201
        assert response.headers["location"] == "/api/v1/models/churn/versions/1"
        version = response.json()
        assert WHOLE.items() <= version.items()
        assert version["files"] == [STORED]
        assert (version["number"], version["stage"], version["revision"]) == (1, "draft", 1)
        assert (version["size_bytes"], version["file_count"]) == (len(CONTENT), 1)
        read = await api.get(FIRST)
        assert (read.json(), read.headers["etag"]) == (version, response.headers["etag"])

    async def test_from_a_form_that_brings_the_files(self, api: httpx.AsyncClient) -> None:
        await add_model(api)
        version = done(await api.post(f"{MODEL}/versions", files=form({"model.joblib": CONTENT}, WHOLE)))
        assert WHOLE.items() <= version.items()
        assert version["files"] == [STORED]

    async def test_both_ways_seal_the_same_content_with_the_same_digest(self, api: httpx.AsyncClient) -> None:
        by_form = await add_version(api, **WHOLE)
        by_manifest = done(await api.post(f"{MODEL}/versions", json=WHOLE | {"files": [ENTRY]}))
        assert by_form["digest"] == by_manifest["digest"]

    async def test_a_version_may_have_no_files(self, api: httpx.AsyncClient) -> None:
        await add_model(api)
        version = done(await api.post(f"{MODEL}/versions", json={}))
        assert (version["files"], version["size_bytes"]) == ([], 0)

    async def test_an_unknown_model_is_not_found_unless_it_is_to_be_made(self, api: httpx.AsyncClient) -> None:
        bodies: list[dict[str, Any]] = [{"json": {}}, {"files": form({"a": b"a"})}]
        for body in bodies:
            refused(await api.post(f"{MODEL}/versions", **body), 404, "model-not-found")
        refused(await api.get(MODEL), 404, "model-not-found")
        assert done(await api.post(f"{MODEL}/versions?create_model=true", json={}))["number"] == 1
        assert done(await api.post(f"{MODEL}/versions?create_model=true", json={}))["number"] == 2

    async def test_a_refused_version_makes_no_model(self, api: httpx.AsyncClient) -> None:
        refused(await api.post(f"{MODEL}/versions?create_model=true", json={"files": [ENTRY]}), 409, "blobs-missing")
        refused(await api.get(MODEL), 404, "model-not-found")

    async def test_files_that_are_not_stored_are_named(self, api: httpx.AsyncClient) -> None:
        await add_model(api)
        problem = refused(await api.post(f"{MODEL}/versions", json={"files": [ENTRY]}), 409, "blobs-missing")
        assert problem["missing"] == [ENTRY["digest"]]

    async def test_a_wrong_size_is_refused(self, api: httpx.AsyncClient) -> None:
        await add_model(api)
        await put_blob(api, CONTENT)
        wrong = ENTRY | {"size_bytes": 1}
        problem = refused(await api.post(f"{MODEL}/versions", json={"files": [wrong]}), 409, "size-mismatch")
        assert pointers(problem) == ["/files/0/size_bytes"]

    async def test_a_parent_is_kept_by_its_number(self, api: httpx.AsyncClient) -> None:
        await add_version(api)
        child = await add_version(api, lineage={"parent": "churn:latest"})
        assert child["lineage"]["parent"] == "churn:1"
        address = f"{MODEL}/versions"
        problem = refused(await api.post(address, json={"lineage": {"parent": "churn:9"}}), 422, "invalid-input")
        assert pointers(problem) == ["/lineage/parent"]

    async def test_after_a_refusal_no_number_is_missing(self, api: httpx.AsyncClient) -> None:
        await add_model(api)
        refused(await api.post(f"{MODEL}/versions", json={"files": [ENTRY]}), 409, "blobs-missing")
        assert (await add_version(api))["number"] == 1

    async def test_another_content_type_is_refused_with_those_that_are_taken(self, api: httpx.AsyncClient) -> None:
        await add_model(api)
        response = await api.post(f"{MODEL}/versions", content=b"a=1", headers={"Content-Type": "text/plain"})
        hint = refused(response, 415, "unsupported-media-type")["hint"]
        assert "application/json or multipart/form-data" in hint

    @pytest.mark.parametrize(
        ("field", "value", "pointer"),
        [
            ("card", "ü" * 40_000, "/card"),
            ("metadata", {"a": "x" * 300_000}, "/metadata"),
            ("params", {str(key): 1 for key in range(2001)}, "/params"),
            ("tags", {"a": "x" * 5001}, "/tags/a"),
            ("tags", {str(key): "" for key in range(201)}, "/tags"),
            ("description", "x" * 20_001, "/description"),
            ("files", [ENTRY, ENTRY | {"path": "MODEL.joblib"}], "/files"),
            ("files", [ENTRY, ENTRY | {"path": "model.joblib/inner"}], "/files"),
            ("framework", {"name": "a", "colour": "red"}, "/framework/colour"),
        ],
    )
    async def test_a_field_beyond_its_bounds_is_named(
        self, api: httpx.AsyncClient, field: str, value: object, pointer: str
    ) -> None:
        await add_model(api)
        problem = refused(await api.post(f"{MODEL}/versions", json={field: value}), 422, "invalid-input")
        assert pointers(problem) == [pointer]


class TestReading:
    @pytest.mark.parametrize(
        ("reference", "number"),
        [("1", 1), ("latest", 3), ("production", 2), ("draft", 3), ("archived", 1), ("@champion", 1), ("3", 3)],
    )
    async def test_each_kind_of_reference_finds_its_version(
        self, api: httpx.AsyncClient, reference: str, number: int
    ) -> None:
        for _ in range(3):
            await add_version(api)
        await move(api, 1, "archived")
        await move(api, 2, "staging", "production")
        await point(api, "champion", 1)
        assert done(await api.get(f"{MODEL}/versions/{reference}"))["number"] == number

    async def test_every_change_shows_in_the_next_read(self, api: httpx.AsyncClient) -> None:
        for _ in range(2):
            await add_version(api)
        await move(api, 1, "staging", "production")

        async def read(reference: str = "production") -> dict[str, Any]:
            first, again = [await api.get(f"{MODEL}/versions/{reference}") for _ in range(2)]
            assert (first.content, first.headers["ETag"]) == (again.content, again.headers["ETag"])
            return done(first)

        seen = [await read()]
        await api.patch(FIRST, json={"description": "better"})
        seen.append(await read())
        await api.post(f"{FIRST}/metrics", json={"metrics": [{"name": "auc", "value": 0.5}]})
        seen.append(await read())
        await point(api, "champion", 1)
        seen.append(await read())
        await api.post(f"{MODEL}/rename", json={"name": "leaving"})
        refused(await api.get(f"{MODEL}/versions/production"), 404, "model-not-found")
        await api.post("/models/leaving/rename", json={"name": "churn"})
        await move(api, 2, "staging", "production")
        seen.append(await read())

        assert [version["description"] for version in seen] == ["", "better", "better", "better", ""]
        assert [version["metrics"] for version in seen] == [{}, {}, {"auc": 0.5}, {"auc": 0.5}, {}]
        assert [version["aliases"] for version in seen] == [[], [], [], ["champion"], []]
        assert [version["number"] for version in seen] == [1, 1, 1, 1, 2]
        assert (await read("1"))["stage"] == "archived"

    @pytest.mark.parametrize("reference", ["2", "production", "@nobody", "999999999"])
    async def test_what_is_not_there_is_not_found(self, api: httpx.AsyncClient, reference: str) -> None:
        await add_version(api)
        refused(await api.get(f"{MODEL}/versions/{reference}"), 404, "version-not-found")
        refused(await api.get(f"/models/nobody/versions/{reference}"), 404, "model-not-found")

    @pytest.mark.parametrize("reference", ["0", "01", "-1", "1.0", "Production", "champion", "@", "@a b", "1" * 10])
    async def test_what_is_no_reference_is_refused(self, api: httpx.AsyncClient, reference: str) -> None:
        await add_version(api)
        problem = refused(await api.get(f"{MODEL}/versions/{reference}"), 422, "invalid-input")
        assert pointers(problem) == ["ref"]


class TestUpdating:
    async def test_what_may_change_changes_by_merging(self, api: httpx.AsyncClient) -> None:
        before = await add_version(api, **WHOLE)
        patch = {
            "description": "better",
            "tags": {"team": None, "tier": "1"},
            "metadata": {"training": {"rows": None, "days": 7}},
            "card": None,
        }
        after = done(await api.patch(FIRST, json=patch, headers={"X-Modelyard-Actor": "bob"}))
        assert after["description"] == "better"
        assert after["tags"] == {"tier": "1"}
        assert after["metadata"] == {"training": {"days": 7}}
        assert after["card"] == ""
        assert (after["digest"], after["revision"], after["updated_by"]) == (before["digest"], 2, "bob")

    @pytest.mark.parametrize(
        "field",
        [
            *("stage", "digest", "owner", "created_by", "created_at", "updated_at", "number", "model", "revision"),
            *("files", "params", "framework", "signature", "lineage", "size_bytes", "aliases", "metrics", "id"),
        ],
    )
    async def test_nothing_else_can_be_set(self, api: httpx.AsyncClient, field: str) -> None:
        before = await add_version(api)
        problem = refused(await api.patch(FIRST, json={field: "x", "card": "y"}), 422, "invalid-input")
        assert pointers(problem) == [f"/{field}"]
        assert done(await api.get(FIRST)) == before

    async def test_an_unknown_version_is_not_found(self, api: httpx.AsyncClient) -> None:
        refused(await api.patch(FIRST, json={}), 404, "model-not-found")
        await add_model(api)
        refused(await api.patch(FIRST, json={}), 404, "version-not-found")


class TestDeleting:
    async def test_it_says_what_becomes_free_and_its_number_is_never_given_again(self, api: httpx.AsyncClient) -> None:
        await add_version(api, files={"a": b"12345", "b": b"678"})
        await add_version(api, files={"b": b"678"})
        assert done(await api.delete(FIRST)) == {"freed_bytes": 5}
        refused(await api.get(FIRST), 404, "version-not-found")
        refused(await api.delete(FIRST), 404, "version-not-found")
        done(await api.delete(f"{MODEL}/versions/2"))
        assert (await add_version(api))["number"] == 3

    @pytest.mark.parametrize("stages", [("staging",), ("staging", "production")])
    async def test_one_that_is_deployed_needs_force(self, api: httpx.AsyncClient, stages: tuple[str, ...]) -> None:
        await add_version(api)
        await move(api, 1, *stages)
        assert refused(await api.delete(FIRST), 409, "version-in-use")["stage"] == stages[-1]
        done(await api.delete(f"{FIRST}?force=true"))

    async def test_one_with_an_alias_needs_force(self, api: httpx.AsyncClient) -> None:
        await add_version(api)
        await point(api, "champion", 1)
        assert refused(await api.delete(FIRST), 409, "version-in-use")["aliases"] == ["champion"]
        done(await api.delete(f"{FIRST}?force=true"))
        assert done(await api.get(f"{MODEL}/aliases"))["items"] == []

    async def test_an_archived_one_goes(self, api: httpx.AsyncClient) -> None:
        await add_version(api)
        await move(api, 1, "archived")
        done(await api.delete(FIRST))
        assert [event["action"] for event in await events_of(api)][-1] == "version.deleted"

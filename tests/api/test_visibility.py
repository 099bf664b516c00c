"""What one may not see is in no answer."""

from tests.api.access import Guarded, made
from tests.api.steps import digest_of, refused


async def filled_for_two(guarded: Guarded) -> None:
    """One model that everybody may see and one that only its owners may, alike in everything that is searched."""
    async with guarded.client() as admin:
        for name in ("open.day", "secret.plans"):
            body = {"tags": {f"tag-{name}": f"value-{name}"}, "params": {f"param-{name}": 1}, "description": "both"}
            made(await admin.post(f"/models/{name}/versions?create_model=true", json=body))
            metric = {"name": f"metric-{name}", "value": 1, "dataset": "holdout"}
            shared = {"name": "auc", "value": 0.5}
            made_metrics = await admin.post(f"/models/{name}/versions/1/metrics", json={"metrics": [metric, shared]})
            assert made_metrics.status_code < 300, made_metrics.text
            assert (await admin.put(f"/models/{name}/aliases/alias-{name}", json={"version": 1})).status_code < 300
            assert (await admin.put(f"/policies/{name}*", json={})).status_code < 300
    await guarded.enrol("ana", ("open.*", "reader"))


SEARCHES = (
    "/models",
    "/models?q=both&count=true",
    "/models?sort=-created_at",
    "/models?q=plans",
    "/models?format=jsonl",
    "/versions",
    "/versions?q=both&count=true",
    "/versions?q=both&sort=relevance&highlight=true",
    "/versions?sort=-metric.auc",
    "/versions?sort=model",
    "/versions?q=model:secret.plans&count=true",
    "/versions?q=stage:draft and metric.auc > 0.1",
    "/versions?q=not stage:production",
    "/versions?format=csv&columns=metric.auc",
    "/facets",
    "/facets?q=both",
    "/leaderboard?metric=auc",
    "/events?limit=500",
    "/events?model=secret.plans",
    "/events?format=jsonl",
    "/policies",
    *(
        f"/suggest?term={term}"
        for term in ("", "s", "secret", "tag.", "metric.", "param.", "alias:", "model:", "owner:")
    ),
    "/suggest?term=tag.tag-secret.plans:",
)


async def test_no_list_search_facet_suggestion_or_leaderboard_tells_of_what_may_not_be_seen(guarded: Guarded) -> None:
    await filled_for_two(guarded)
    async with guarded.client(await guarded.token_of("ana")) as ana:
        seen = ""
        for address in SEARCHES:
            answer = await ana.get(address)
            assert answer.status_code == 200, (address, answer.text)
            assert "secret" not in answer.text.replace('"secret"', ""), (address, answer.text)
            seen += answer.text
        for told in ("open.day", "tag-open.day", "metric-open.day", "param-open.day", "alias-open.day"):
            assert told in seen, told
        totals = [(await ana.get(f"/{of}?q=both&count=true")).json()["total"] for of in ("models", "versions")]
        assert totals == [0, 1]
        refused(await ana.get("/facets?model=secret.plans"), 404, "model-not-found")
        refused(await ana.get("/policies/secret.plans*"), 404, "policy-not-found")
        assert (await ana.get("/leaderboard?metric=auc")).json()["items"][0]["rank"] == 1


async def test_a_token_of_an_administrator_for_some_models_sees_those_alone(guarded: Guarded) -> None:
    await filled_for_two(guarded)
    async with guarded.client(await guarded.token_of("admin", models=["open.*"])) as narrowed:
        for address in SEARCHES:
            assert "secret" not in (await narrowed.get(address)).text, address


async def test_to_know_a_digest_is_no_right_to_what_it_names(guarded: Guarded) -> None:
    await guarded.enrol("ana", ("open.*", "contributor"))
    await guarded.enrol("ben", ("secret.*", "contributor"))
    content = b"the weights of a secret model"
    digest, nobodys = digest_of(content), digest_of(b"nobody has sent this")
    async with (
        guarded.client(await guarded.token_of("ana")) as ana,
        guarded.client(await guarded.token_of("ben")) as ben,
    ):
        assert (await ben.put(f"/blobs/{digest}", content=content)).status_code == 201
        file = {"path": "weights.bin", "digest": digest, "size_bytes": len(content)}
        made(await ben.post("/models/secret.plans/versions?create_model=true", json={"files": [file]}))
        asked = {"digests": [digest, nobodys]}
        assert (await ana.post("/blobs/missing", json=asked)).json() == {"missing": [digest, nobodys]}
        assert (await ben.post("/blobs/missing", json=asked)).json() == {"missing": [nobodys]}
        guessed = [file, {**file, "path": "other", "digest": nobodys}]
        answer = await ana.post("/models/open.day/versions?create_model=true", json={"files": guessed})
        assert refused(answer, 409, "blobs-missing")["missing"] == sorted([digest, nobodys])
        assert (await ana.put(f"/blobs/{digest}", content=content)).status_code == 201, "new to her, whoever had it"
        assert (await ana.put(f"/blobs/{digest}", content=content)).status_code == 200
        made(await ana.post("/models/open.day/versions?create_model=true", json={"files": [file]}))


async def test_who_may_read_a_version_may_refer_to_its_files(guarded: Guarded) -> None:
    await guarded.enrol("ana", ("*", "contributor"))
    content = b"weights"
    digest = digest_of(content)
    file = {"path": "weights.bin", "digest": digest, "size_bytes": len(content)}
    async with guarded.client() as admin, guarded.client(await guarded.token_of("ana")) as ana:
        assert (await admin.put(f"/blobs/{digest}", content=content)).status_code == 201
        refused(await ana.post("/models/a/versions?create_model=true", json={"files": [file]}), 409, "blobs-missing")
        made(await admin.post("/models/b/versions?create_model=true", json={"files": [file]}))
        made(await ana.post("/models/a/versions?create_model=true", json={"files": [file]}))


async def test_nobody_writes_to_the_uploads_of_others(guarded: Guarded) -> None:
    await guarded.enrol("ana", ("*", "contributor"))
    async with guarded.client() as admin, guarded.client(await guarded.token_of("ana")) as ana:
        upload = made(await admin.post("/uploads", json={"size_bytes": 3}))
        place = f"/uploads/{upload['id']}"
        assert (await ana.head(place)).status_code == 404
        refused(await ana.patch(place, content=b"abc", headers={"Upload-Offset": "0"}), 404, "upload-not-found")
        refused(await ana.put(place), 404, "upload-not-found")
        refused(await ana.delete(place), 404, "upload-not-found")
        assert (await admin.patch(place, content=b"abc", headers={"Upload-Offset": "0"})).status_code == 204
        assert (await admin.put(place)).status_code == 201

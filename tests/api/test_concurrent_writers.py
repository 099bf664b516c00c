import asyncio
import os
from collections import Counter
from collections.abc import AsyncIterator

import httpx
import pytest

from tests.api.steps import Document, done
from tests.integration.server_process import ServerProcess

WRITERS = 32
EACH = 4
PROMOTERS = 64
ROUNDS = int(os.environ.get("PROMOTION_ROUNDS", "10"))


@pytest.fixture
async def http(server: ServerProcess) -> AsyncIterator[httpx.AsyncClient]:
    limits = httpx.Limits(max_connections=WRITERS)
    async with httpx.AsyncClient(base_url=f"{server.url}/api/v1", timeout=60, limits=limits) as client:
        yield client


@pytest.mark.parametrize("is_made_by_all", [False, True])
async def test_versions_are_numbered_without_a_gap(http: httpx.AsyncClient, is_made_by_all: bool) -> None:
    model = f"busy-{is_made_by_all}"
    if not is_made_by_all:
        done(await http.post("/models", json={"name": model}))

    async def write(writer: int) -> list[Document]:
        address = f"/models/{model}/versions"
        made = []
        for index in range(EACH):
            files = {"file": ("model.bin", f"{writer} {index}".encode()), "shared": ("shared.bin", b"the same")}
            made.append(done(await http.post(address, params={"create_model": is_made_by_all}, files=files)))
        return made

    versions = [version for made in await asyncio.gather(*map(write, range(WRITERS))) for version in made]
    assert sorted(version["number"] for version in versions) == list(range(1, WRITERS * EACH + 1))
    for version in versions[::17]:
        assert done(await http.get(f"/models/{model}/versions/{version['number']}"))["digest"] == version["digest"]
    events = done(await http.get(f"/models/{model}/events", params={"limit": 500}))["items"]
    assert [event["position"] for event in events if event["action"] == "version.registered"] == list(
        range(WRITERS * EACH, 0, -1)
    )


async def test_of_those_who_change_the_same_state_one_succeeds(http: httpx.AsyncClient) -> None:
    tag = (await http.post("/models", json={"name": "contested"})).headers["etag"]
    answers = await asyncio.gather(
        *(
            http.patch("/models/contested", json={"description": str(writer)}, headers={"If-Match": tag})
            for writer in range(WRITERS)
        )
    )
    assert sorted(answer.status_code for answer in answers) == [200] + [412] * (WRITERS - 1)


async def test_of_those_who_promote_from_draft_one_succeeds(http: httpx.AsyncClient) -> None:
    await http.post("/models/raced/versions?create_model=true", json={})
    body = {"to_stage": "staging", "from_stage": "draft"}
    answers = await asyncio.gather(
        *(http.post("/models/raced/versions/1/transitions", json=body) for _ in range(WRITERS))
    )
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * (WRITERS - 1)


async def test_of_those_who_promote_different_versions_one_wins_each_round(http: httpx.AsyncClient) -> None:
    """Everybody saw the same version in production, and lets theirs in only if it is still there."""
    model = "/models/contested%20production"
    gate = {"name": "as I saw it", "expression": "production.number = {}"}
    for number in range(PROMOTERS):
        done(await http.post(f"{model}/versions?create_model=true", json={"description": str(number)}))
        done(await http.post(f"{model}/versions/{number + 1}/transitions", json={"to_stage": "staging"}))
    done(await http.post(f"{model}/versions/1/transitions", json={"to_stage": "production"}))
    present = 1
    for _ in range(ROUNDS):
        policy = {"gates": {"production": [gate | {"expression": gate["expression"].format(present)}]}}
        done(await http.put(f"{model}/policy", json=policy))
        rivals = [number for number in range(1, PROMOTERS + 1) if number != present]
        body = {"to_stage": "production", "from_stage": "staging"}
        answers = await asyncio.gather(
            *(http.post(f"{model}/versions/{number}/transitions", json=body) for number in rivals)
        )
        codes = Counter("" if answer.is_success else answer.json()["type"].rpartition(":")[2] for answer in answers)
        assert codes == {"": 1, "gate-failed": len(rivals) - 1}
        [winner] = done(await http.get(model))["production"]
        assert winner == next(number for number, answer in zip(rivals, answers, strict=True) if answer.is_success)
        done(await http.post(f"{model}/versions/{present}/transitions", json={"to_stage": "staging"}))
        present = winner


async def test_the_same_file_from_all_at_once_is_stored_once(http: httpx.AsyncClient) -> None:
    content = b"the same file" * 50_000
    files = {"file": ("model.bin", content)}
    address = "/models/equal/versions?create_model=true"
    answers = await asyncio.gather(*(http.post(address, files=files) for _ in range(WRITERS)))
    assert {len(done(answer)["files"]) for answer in answers} == {1}
    assert done(await http.delete("/models/equal")) == {"freed_bytes": len(content)}

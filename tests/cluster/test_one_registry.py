"""Whatever happens on one server holds on all: writers, keys, aliases, stages and what was just acknowledged."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Sequence

import httpx
import pytest

from tests.api.steps import Document, add_model, done, form
from tests.servers.cluster import SERVERS, Cluster

WRITERS = 32
EACH = 4
ROUNDS = 12


@pytest.fixture
async def http(cluster: Cluster) -> AsyncIterator[httpx.AsyncClient]:
    """Its every request goes to the next server, and there to whichever worker takes it."""
    async with cluster.in_turn() as client:
        yield client


@pytest.fixture
async def servers(cluster: Cluster) -> AsyncIterator[Sequence[httpx.AsyncClient]]:
    async with cluster.at(cluster.servers[0]) as one, cluster.at(cluster.servers[1]) as two:
        yield one, two


@pytest.fixture
def model(request: pytest.FixtureRequest) -> str:
    return f"churn-{secrets.token_hex(4)}"


def statuses(answers: Sequence[httpx.Response]) -> list[int]:
    return sorted(answer.status_code for answer in answers)


@pytest.mark.parametrize("is_made_by_all", [False, True])
async def test_versions_are_numbered_without_a_gap(http: httpx.AsyncClient, model: str, is_made_by_all: bool) -> None:
    if not is_made_by_all:
        await add_model(http, model)

    async def write(writer: int) -> list[Document]:
        address = f"/models/{model}/versions"
        made = []
        for index in range(EACH):
            files = form({"model.bin": f"{model} {writer} {index}".encode(), "shared.bin": model.encode()})
            made.append(done(await http.post(address, params={"create_model": is_made_by_all}, files=files)))
        return made

    versions = [version for made in await asyncio.gather(*map(write, range(WRITERS))) for version in made]

    assert sorted(version["number"] for version in versions) == list(range(1, WRITERS * EACH + 1))
    for version in versions[::17]:
        assert done(await http.get(f"/models/{model}/versions/{version['number']}"))["digest"] == version["digest"]
    events = done(await http.get(f"/models/{model}/events", params={"limit": 500}))["items"]
    assert sorted(event["version"] for event in events if event["action"] == "version.registered") == list(
        range(1, WRITERS * EACH + 1)
    )


async def test_a_key_is_answered_once_wherever_it_comes(http: httpx.AsyncClient, model: str) -> None:
    await add_model(http, model)
    key = {"Idempotency-Key": secrets.token_hex(8)}

    answers = await asyncio.gather(
        *(http.post(f"/models/{model}/versions", json={"description": "once"}, headers=key) for _ in range(WRITERS))
    )

    assert {done(answer)["number"] for answer in answers} == {1}
    assert len({answer.content for answer in answers}) == 1
    assert sum("idempotent-replayed" not in answer.headers for answer in answers) == 1
    assert len(done(await http.get(f"/models/{model}/versions"))["items"]) == 1


async def test_a_key_with_another_body_is_refused_by_the_other_server(
    servers: Sequence[httpx.AsyncClient], model: str
) -> None:
    one, two = servers
    await add_model(one, model)
    key = {"Idempotency-Key": secrets.token_hex(8)}
    done(await one.post(f"/models/{model}/versions", json={"description": "first"}, headers=key))
    other = await two.post(f"/models/{model}/versions", json={"description": "second"}, headers=key)
    assert other.status_code == 409


async def test_of_those_who_promote_from_draft_one_succeeds(http: httpx.AsyncClient, model: str) -> None:
    done(await http.post(f"/models/{model}/versions?create_model=true", json={}))
    body = {"to_stage": "staging", "from_stage": "draft"}
    answers = await asyncio.gather(
        *(http.post(f"/models/{model}/versions/1/transitions", json=body) for _ in range(WRITERS))
    )
    assert statuses(answers) == [201] + [409] * (WRITERS - 1)


async def test_of_those_who_promote_different_versions_one_is_in_production(
    http: httpx.AsyncClient, model: str
) -> None:
    numbers = range(1, 9)
    for number in numbers:
        done(await http.post(f"/models/{model}/versions?create_model=true", json={"description": str(number)}))
        done(await http.post(f"/models/{model}/versions/{number}/transitions", json={"to_stage": "staging"}))

    body = {"to_stage": "production"}
    answers = await asyncio.gather(
        *(http.post(f"/models/{model}/versions/{number}/transitions", json=body) for number in numbers)
    )

    assert statuses(answers) == [201] * len(numbers)
    page = done(await http.get(f"/models/{model}/versions"))
    stages = sorted(version["stage"] for version in page["items"])
    assert stages == ["archived"] * (len(numbers) - 1) + ["production"]


async def test_of_those_who_move_an_alias_from_the_same_state_one_succeeds(http: httpx.AsyncClient, model: str) -> None:
    for number in range(1, 9):
        done(await http.post(f"/models/{model}/versions?create_model=true", json={"description": str(number)}))
    alias = f"/models/{model}/aliases/champion"
    tag = (await http.put(alias, json={"version": 1})).headers["etag"]

    answers = await asyncio.gather(
        *(http.put(alias, json={"version": number}, headers={"If-Match": tag}) for number in range(2, 9))
    )

    assert statuses(answers) == [200] + [412] * 6
    winner = next(done(answer) for answer in answers if answer.is_success)
    assert done(await http.get(f"/models/{model}/versions/@champion"))["number"] == winner["version"]


async def test_what_one_server_acknowledged_every_worker_of_the_other_shows_at_once(
    servers: Sequence[httpx.AsyncClient], http: httpx.AsyncClient, model: str
) -> None:
    await add_model(servers[0], model)
    alias = f"/models/{model}/aliases/champion"
    for number in range(1, ROUNDS + 1):
        here, there = servers[number % SERVERS], servers[1 - number % SERVERS]
        done(await here.post(f"/models/{model}/versions", json={"description": str(number)}))
        done(await here.put(alias, json={"version": number}))
        answers = await asyncio.gather(
            *(there.get(f"/models/{model}/versions/@champion") for _ in range(4)),
            *(http.get(f"/models/{model}/versions/latest") for _ in range(4)),
        )
        assert {done(answer)["number"] for answer in answers} == {number}
        assert done(await there.get(f"/models/{model}/versions"))["items"][0]["number"] == number


async def test_readers_never_go_back_in_time(http: httpx.AsyncClient, model: str) -> None:
    """Each reader begins its next read after the last one has ended, wherever that was answered."""
    await add_model(http, model)
    done(await http.post(f"/models/{model}/versions", json={}))
    has_ended = asyncio.Event()

    async def write() -> None:
        for _ in range(ROUNDS):
            done(await http.post(f"/models/{model}/versions", json={}))
        has_ended.set()

    async def read() -> None:
        seen = 1
        while not has_ended.is_set():
            number = done(await http.get(f"/models/{model}/versions/latest"))["number"]
            assert number >= seen
            seen = number

    await asyncio.gather(write(), *(read() for _ in range(8)))


async def test_a_deletion_is_seen_everywhere(servers: Sequence[httpx.AsyncClient], model: str) -> None:
    one, two = servers
    done(await one.post(f"/models/{model}/versions?create_model=true", files=form({"model.bin": model.encode()})))
    assert (await two.get(f"/models/{model}/versions/1/files/model.bin")).content == model.encode()
    done(await one.delete(f"/models/{model}/versions/1"))
    assert {(await two.get(f"/models/{model}/versions/1")).status_code for _ in range(8)} == {404}
    assert {(await two.get(f"/models/{model}/versions/1/files/model.bin")).status_code for _ in range(8)} == {404}

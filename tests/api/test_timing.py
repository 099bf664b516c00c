"""How long an answer takes tells nothing of what one may not see: the same is done for what is there and what is not.

Times are not measured, since machines are noisy; the statements are compared that the database is asked to run.
"""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import Engine, event

from modelyard.bootstrap.settings import Settings
from tests.api.access import Guarded, guarded_app, made
from tests.api.in_process import Contract
from tests.api.steps import digest_of
from tests.api.test_hostile_addresses import GOOD

THERE, NOWHERE = "secret.plans", "secret.waste"
CONTENT = b"the weights of a secret model"


@pytest.fixture
def statements() -> Iterator[list[str]]:
    """All that any SQLite connection runs from now on."""
    run: list[str] = []

    def watch(connection: Any, _: object) -> None:  # noqa: ANN401 - the driver's
        connection.set_trace_callback(run.append)

    event.listen(Engine, "connect", watch)
    yield run
    event.remove(Engine, "connect", watch)


@pytest.fixture
async def guarded(
    statements: list[str], data_dir: Path, contract: Contract, capsys: pytest.CaptureFixture[str]
) -> AsyncIterator[Guarded]:
    settings = Settings(data_dir=data_dir, auth="tokens")
    async with guarded_app(settings, contract, lambda: capsys.readouterr().out) as started:
        async with started.client() as admin:
            assert (await admin.put(f"/blobs/{digest_of(CONTENT)}", content=CONTENT)).status_code == 201
            file = {"path": "weights.bin", "digest": digest_of(CONTENT), "size_bytes": len(CONTENT)}
            made(await admin.post(f"/models/{THERE}/versions?create_model=true", json={"files": [file]}))
        await started.enrol("ana", ("open.*", "maintainer"))
        yield started


async def settle(client: httpx.AsyncClient, statements: list[str]) -> None:
    """Until what is remembered of a caller is: the use of a token is noted once, and who notes it looks again."""
    while len(statements) != 1:
        statements.clear()
        assert (await client.get("/me")).status_code == 200


async def test_a_model_that_one_may_not_see_costs_what_one_does_that_is_not_there(
    guarded: Guarded, contract: Contract, statements: list[str]
) -> None:
    tried = 0
    async with guarded.client(await guarded.token_of("ana")) as ana:
        await settle(ana, statements)
        for path, operations in contract.paths.items():
            for method in operations if "{model}" in path else ():
                run = []
                for model in (THERE, NOWHERE):
                    statements.clear()
                    address = "http://127.0.0.1" + path.format(**GOOD | {"model": model, "ref": "1"})
                    answer = await ana.request(method.upper(), address)
                    assert answer.status_code == 404, (method, path, answer.text)
                    run.append([one.replace(model, "…") for one in statements])
                assert run[0] == run[1], (method, path, run)
                tried += 1
    assert tried > 30


async def test_a_digest_that_one_has_not_sent_costs_what_one_does_that_nobody_has(
    guarded: Guarded, statements: list[str]
) -> None:
    there, nowhere = digest_of(CONTENT), digest_of(b"nobody has sent this")
    async with guarded.client(await guarded.token_of("ana")) as ana:
        await settle(ana, statements)
        for method, address in (("POST", "/blobs/missing"), ("POST", "/models/open.day/versions?create_model=true")):
            run, told = [], []
            for digest in (there, nowhere):
                file = {"path": "weights.bin", "digest": digest, "size_bytes": len(CONTENT)}
                body = {"digests": [digest]} if "missing" in address else {"files": [file]}
                statements.clear()
                answer = await ana.request(method, address, json=body)
                told.append((answer.status_code, answer.text.replace(digest, "…")))
                run.append([one.replace(digest, "…") for one in statements])
            assert told[0] == told[1]
            assert run[0] == run[1], (address, run)
            assert run[0], "the database is asked"

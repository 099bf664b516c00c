"""History cannot be changed without a trace: by the API, and by the commands."""

import asyncio
import json
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner, Result

from modelyard.__main__ import build_commands
from modelyard.bootstrap.settings import Settings
from modelyard.domain.event import Action, Change, hash_of
from modelyard.infrastructure.database.moments import from_ms
from tests.api.steps import MODEL, Document, add_version, done, move, point, refused
from tests.api.tampering import execute

PROOF = f"{MODEL}/events/proof"
pytestmark = pytest.mark.usefixtures("commanded")


@pytest.fixture(autouse=True)
async def history(api: httpx.AsyncClient) -> None:
    """One event in the registry's chain, and six in that of `churn`: sequences 2 to 7."""
    await add_version(api)
    await move(api, 1, "staging", "production")
    await point(api, "champion", 1)
    await add_version(api)
    await move(api, 2, "staging")


async def run(settings: Settings, *arguments: str) -> Result:
    command = [*arguments, "--data-dir", str(settings.data_dir)]
    return await asyncio.to_thread(CliRunner().invoke, build_commands(), command)


async def broken(settings: Settings, *arguments: str) -> list[tuple[str, str]]:
    report = json.loads((await run(settings, "verify", "--events", "--json", *arguments)).stdout)
    return [(one["subject"], one["detail"]) for one in report["findings"] if one["fault"] == "broken-history"]


async def prove(api: httpx.AsyncClient, **known: str | int) -> Document:
    return done(await api.get(PROOF, params=known))


async def test_a_chain_that_nobody_touched_is_whole(api: httpx.AsyncClient, settings: Settings) -> None:
    proof = await prove(api)
    assert (proof["is_whole"], proof["checked"], proof["fault"], proof["head"]["position"]) == (True, 6, None, 6)
    assert await broken(settings) == []


EDITS = {
    "changed": (["UPDATE events SET actor = 'eve' WHERE sequence = 4"], "event 4 was changed"),
    "deleted": (["DELETE FROM events WHERE sequence = 4"], "event 5 has position 4, where 3 comes next"),
    "reordered": (
        [
            "UPDATE events SET position = 99 WHERE sequence = 4",
            "UPDATE events SET position = 3 WHERE sequence = 5",
            "UPDATE events SET position = 4 WHERE sequence = 4",
        ],
        "event 4 has position 4, where 3 comes next",
    ),
    "moved to another chain": (["UPDATE events SET model_id = 99 WHERE sequence = 4"], "event 4 has position 3"),
}


@pytest.mark.parametrize(("edits", "detail"), EDITS.values(), ids=EDITS)
async def test_an_edit_is_found_and_the_first_broken_link_is_named(
    api: httpx.AsyncClient, settings: Settings, edits: list[str], detail: str
) -> None:
    execute(settings, *edits)
    assert detail in (await broken(settings))[0][1]
    assert {subject for subject, _ in await broken(settings)} == {"churn"}
    proof = await prove(api)
    assert not proof["is_whole"]
    assert "event" in proof["fault"]


async def test_an_end_that_is_cut_off_shows_against_noted_heads_alone(
    api: httpx.AsyncClient, settings: Settings, tmp_path: Path
) -> None:
    noted = tmp_path / "heads.jsonl"
    exported = await run(settings, "audit", "export", str(noted))
    assert (exported.exit_code, exported.stdout.split(" chains")[0]) == (0, "2")
    head = (await prove(api))["head"]
    assert await broken(settings, "--heads", str(noted)) == []

    execute(settings, "DELETE FROM events WHERE sequence >= 6")

    assert await broken(settings) == []
    [(subject, told)] = await broken(settings, "--heads", str(noted))
    assert (subject, told.split(";")[0]) == ("churn", "it ends at position 4")
    proof = await prove(api, **head)
    assert (proof["is_whole"], proof["fault"]) == (
        False,
        "there is no event at position 6: the end of the chain is cut off",
    )


async def test_a_chain_that_was_computed_anew_shows_against_noted_heads(
    api: httpx.AsyncClient, settings: Settings, tmp_path: Path
) -> None:
    noted = tmp_path / "heads.jsonl"
    await run(settings, "audit", "export", str(noted))
    head = (await prove(api))["head"]
    rewrite(settings, actor="eve")
    assert await broken(settings) == []
    assert (await prove(api))["is_whole"]
    [(subject, told)] = await broken(settings, "--heads", str(noted))
    assert (subject, told) == ("churn", "event 7 is another than the one that was noted for position 6")
    assert not (await prove(api, **head))["is_whole"]


async def test_a_chain_that_has_grown_since_is_whole(
    api: httpx.AsyncClient, settings: Settings, tmp_path: Path
) -> None:
    noted = tmp_path / "heads.jsonl"
    await run(settings, "audit", "export", str(noted))
    head = (await prove(api))["head"]
    await add_version(api)
    assert await broken(settings, "--heads", str(noted)) == []
    proof = await prove(api, **head)
    assert (proof["is_whole"], proof["checked"], proof["head"]["position"]) == (True, 2, 7)


async def test_what_holds_no_heads_is_refused(settings: Settings, tmp_path: Path) -> None:
    noted = tmp_path / "heads.jsonl"
    await run(settings, "audit", "export", str(noted))
    whole = noted.read_text(encoding="utf-8")
    for text in ("", "{}", "no json", whole.rsplit("\n", 2)[0], whole.replace("heads 1", "heads 2")):
        noted.write_text(text, encoding="utf-8")
        refusal = await run(settings, "verify", "--heads", str(noted))
        assert (refusal.exit_code, "--heads" in refusal.output) == (2, True), refusal.output
    assert (await run(settings, "verify", "--heads", str(tmp_path / "none"))).exit_code == 2


async def test_a_file_that_cannot_be_written_is_said(settings: Settings, tmp_path: Path) -> None:
    refusal = await run(settings, "audit", "export", str(tmp_path / "no folder" / "heads"))
    assert refusal.exit_code == 2
    assert "FILE" in refusal.output


async def test_half_of_what_is_known_is_refused(api: httpx.AsyncClient) -> None:
    refused(await api.get(PROOF, params={"position": 3}), 422, "invalid-input")
    refused(await api.get(PROOF, params={"hash": f"sha256:{'0' * 64}"}), 422, "invalid-input")
    refused(await api.get("/models/nobody/events/proof"), 404, "model-not-found")


def rewrite(settings: Settings, *, actor: str) -> None:
    """Let somebody else have done all of it, with hashes that fit."""
    columns = "sequence, position, at_ms, action, model_id, model, version, before, after, reason"
    previous = None
    rows = execute(settings, f"SELECT {columns} FROM events WHERE chain <> 0 ORDER BY position")  # noqa: S608
    for sequence, position, at_ms, action, model_id, model, version, before, after, reason in rows:
        change = Change(
            at=from_ms(at_ms),
            actor=actor,
            action=Action(action),
            model_id=model_id,
            model=model,
            version=version,
            before=None if before is None else json.loads(before),
            after=None if after is None else json.loads(after),
            reason=reason,
        )
        digest = hash_of(change, position, previous)
        told = "NULL" if previous is None else f"'{previous}'"
        hashes = f"previous_hash = {told}, hash = '{digest}'"
        execute(settings, f"UPDATE events SET actor = '{actor}', {hashes} WHERE sequence = {sequence}")  # noqa: S608
        previous = digest

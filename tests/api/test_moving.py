"""`modelyard backup`, `restore` and `copy`, from each database and store to each other."""

import asyncio

import httpx
import pytest

from modelyard.bootstrap.data_folder import locked_data_folder
from tests.api.in_process import Contract
from tests.api.places import Place, Places
from tests.api.steps import FIRST, add_model, add_version, done, events_of, fill, put_blob

LARGE = bytes(range(256)) * (5 * 4096) + b"five MiB and a little"
WAYS = [
    ("sqlite+folder", "postgresql+s3"),
    ("postgresql+s3", "sqlite+folder"),
    ("sqlite+s3", "sqlite+folder"),
    ("postgresql+folder", "postgresql+folder"),
]

each_way = pytest.mark.parametrize(("origin", "destination"), WAYS, ids=lambda kind: kind)


async def fill_with_oddities(api: httpx.AsyncClient) -> int:
    """Values that are easily changed on the way, and keys at the end of each table that are used no more."""
    await fill(api)
    await add_version(
        api,
        files={"weights.bin": LARGE, "empty": b"", "é/😀.bin": b"odd name"},
        params={"eta": 0.1 + 0.2, "tiny": 5e-324, "large": 2**53 - 1, "text": "😀 \\u0000 'quoted' \"\n\t"},
        metadata={"nested": [{"ключ": None, "👩‍🔬": [True, -0.5]}]},
        card="# 模型\n",
    )
    metrics = [{"name": "auc", "value": 1 / 3, "dataset": "д"}, {"name": "loss", "value": 1.7976931348623157e308}]
    done(await api.post("/models/churn/versions/5/metrics", json={"metrics": metrics}))
    await put_blob(api, b"uploaded, and in no version yet")
    await add_version(api, model="gone", files={"own": b"of a model that is gone"})
    gone: int = (await events_of(api))[-1]["sequence"]
    done(await api.delete("/models/gone"))
    return gone


async def require_usable(place: Place, contract: Contract) -> None:
    """Files come byte for byte, and what is registered next collides with nothing."""
    async with place.served(contract) as api:
        assert (await api.get("/models/churn/versions/5/files/weights.bin")).content == LARGE
        assert (await api.get("/models/churn/versions/5/files/é/😀.bin")).content == b"odd name"
        assert (await api.get("/models/churn/versions/5/files/empty")).content == b""
        assert done(await api.get("/models/churn/versions/production"))["number"] == 1
        assert (await add_version(api, files={"new": b"new"}))["number"] == 6
        await add_model(api, "another")
        sequences = [event["sequence"] for event in await events_of(api)]
        assert len(set(sequences)) == len(sequences)


async def highest_keys(place: Place) -> dict[str, int]:
    rows = await place.dump()
    return {name: max(row[0] for row in rows[name]) for name in ("models", "versions", "events")}


@each_way
async def test_a_backup_of_a_running_server_is_restored_anywhere(
    places: Places, contract: Contract, origin: str, destination: str
) -> None:
    source, target = places.make("source", origin), places.make("target", destination, is_empty=True)
    folder = str(places.folder / "backups")
    async with source.served(contract) as api:
        await fill_with_oddities(api)
        made = await source.report("backup", folder)
        again = await source.report("backup", folder)
    assert (made["is_whole"], made["files"]["copied"], made["files"]["present"]) == (True, made["files"]["count"], 0)
    assert (again["files"]["copied"], again["files"]["present"]) == (0, made["files"]["count"])

    restored = await target.report("restore", folder, "--sample", "1000")

    before = await source.dump()
    assert (restored["point"], restored["findings"], restored["damaged"]) == (again["point"], [], [])
    assert restored["tables"] == {name: len(table) for name, table in before.items()}
    assert await target.dump() == before
    await require_usable(target, contract)
    code, output = await target.command("verify", "--events")
    assert code == 0, output


@each_way
async def test_a_registry_is_copied_anywhere(places: Places, contract: Contract, origin: str, destination: str) -> None:
    source, target = places.make("source", origin), places.make("target", destination, is_empty=True)
    async with source.served(contract) as api:
        await fill_with_oddities(api)
        code, output = await source.command("copy", "--files-only", **target.as_target)
        assert code == 0, output
        await add_version(api, model="later", files={"late": b"after the files were copied"})

    copied = await source.report("copy", **target.as_target)

    assert (copied["missed_events"], copied["findings"], copied["files"]["copied"]) == (0, [], 1)
    assert await target.dump() == await source.dump()
    await require_usable(target, contract)


@each_way
async def test_keys_that_are_gone_are_not_given_again(
    places: Places, contract: Contract, origin: str, destination: str
) -> None:
    """History and cursors hold them."""
    source, target = places.make("source", origin), places.make("target", destination, is_empty=True)
    async with source.served(contract) as api:
        await add_version(api, model="gone", files={"own": b"own"})
        keys = await highest_keys(source)
        done(await api.delete("/models/gone"))
    await source.report("copy", **target.as_target)
    async with target.served(contract) as api:
        await add_version(api, model="new", files={"own": b"own"})
    after = await highest_keys(target)
    assert all(after[name] > keys[name] for name in keys)


@pytest.mark.parametrize("kind", ["sqlite+folder", "postgresql+folder"])
async def test_a_database_that_holds_a_registry_is_left_alone(places: Places, contract: Contract, kind: str) -> None:
    source, target = places.make("source", "sqlite+folder"), places.make("target", kind)
    for place, model in ((source, "churn"), (target, "other")):
        async with place.served(contract) as api:
            await add_version(api, model=model)
    folder = str(places.folder / "backups")
    await source.report("backup", folder)
    before = await target.dump()
    for code, output in (
        await target.command("restore", folder),
        await source.command("copy", **target.as_target),
    ):
        assert code == 1
        assert "there is another registry in the database already. Name an empty database" in output
    assert await target.dump() == before


@pytest.mark.parametrize("kind", ["sqlite+folder", "postgresql+folder"])
async def test_what_was_killed_after_its_last_row_is_proved_when_run_again_until_somebody_changes_it(
    places: Places, contract: Contract, kind: str
) -> None:
    source, folder = places.make("source", "sqlite+folder"), str(places.folder / "backups")
    async with source.served(contract) as api:
        await add_version(api, files={"one": b"one", "two": b"two"})
    await source.report("backup", folder)
    restored, copied = (places.make(name, kind, is_empty=True) for name in ("restored", "copied"))
    runs = [(restored, restored, ("restore", folder), {}), (copied, source, ("copy",), copied.as_target)]
    for target, actor, arguments, variables in runs:
        first, second = [await actor.report(*arguments, **variables) for _ in range(2)]
        assert (second["files"]["present"], second["files"]["copied"]) == (2, 0)
        assert second["tables"] == first["tables"]
        assert (second["findings"], second["is_filled"]) == ([], True)
        async with target.served(contract) as api:
            await add_model(api, "of another hand")
        code, output = await actor.command(*arguments, **variables)
        assert (code, "there is another registry in the database already" in output) == (1, True), output


async def test_a_registry_is_not_copied_into_its_own_database(places: Places) -> None:
    source = places.make("source", "postgresql+folder")
    target = {**source.as_target, "TO_MODELYARD_DATA_DIR": str(places.folder / "other")}
    code, output = await source.command("copy", **target)
    assert (code, "the new registry needs a database of its own" in " ".join(output.split())) == (2, True), output


@pytest.mark.parametrize("kind", ["sqlite+folder", "postgresql+folder"])
async def test_a_schema_without_a_row_is_empty_too(places: Places, contract: Contract, kind: str) -> None:
    source, target = places.make("source", "sqlite+folder"), places.make("target", kind)
    async with source.served(contract) as api:
        await add_version(api)
    await source.report("copy", **target.as_target)
    assert await target.dump() == await source.dump()


async def test_a_running_server_on_sqlite_is_not_copied(places: Places, contract: Contract) -> None:
    source = places.make("source", "sqlite+folder")
    target = places.make("target", "sqlite+folder", is_empty=True)
    async with source.served(contract):
        with locked_data_folder(source.settings.data_dir):
            code, output = await source.command("copy", **target.as_target)
    assert code == 1
    assert "is in use by another server or command" in output


async def test_events_that_come_during_a_copy_from_postgresql_are_counted(places: Places, contract: Contract) -> None:
    source = places.make("source", "postgresql+folder")
    target = places.make("target", "sqlite+folder", is_empty=True)
    async with source.served(contract) as api:
        await add_version(api)
        copying = asyncio.create_task(source.command("copy", **target.as_target))
        number = 0
        while not copying.done():
            await add_model(api, f"model-{number}")
            number += 1
        code, output = await copying
    assert code == 1
    assert "later events are not in the copy: a server still runs on the source" in output
    async with target.served(contract) as api:
        assert (await api.get(f"{FIRST}/files/model.joblib")).status_code == 200


@pytest.mark.parametrize("options", [(), ("--to-database-url", "postgresql:///registry")])
async def test_a_target_that_is_not_named_ends_with_2(places: Places, options: tuple[str, ...]) -> None:
    code, _ = await places.make("source", "sqlite+folder").command("copy", *options)
    assert code == 2

"""The file system finds a fault in itself and turns read-only under the server, as ext4 does to save what there is."""

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from modelyard.domain.digest import digest_of
from tests.faults.loop_disk import LoopDisk, NoDisk, mounted, run
from tests.faults.registry_process import RegistryProcess
from tests.faults.writers import Client
from tests.integration.server_process import run_to_end

CONTENT, OTHER = b"weights" * 10_000, b"other" * 10_000


def blob_path(content: bytes) -> str:
    return f"/api/v1/blobs/{digest_of(content)}"


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[LoopDisk]:
    try:
        with mounted("ext4", tmp_path) as disk:
            run("mount", "-o", "remount,errors=remount-ro", str(disk.mount))
            yield disk
    except NoDisk as reason:
        pytest.skip(f"no disk can be made read-only here: {reason}")


@pytest.fixture
def registry(disk: LoopDisk, tmp_path: Path) -> Iterator[RegistryProcess]:
    registry = RegistryProcess(disk.mount / "data", tmp_path / "log", {})
    yield registry
    registry.kill()


def turn_read_only(disk: LoopDisk) -> None:
    """By the kernel's own way to try it out; open files are no hindrance to it, as they are to a remount."""
    device = Path(run("findmnt", "--noheadings", "--output", "SOURCE", str(disk.mount)).strip()).name
    trigger = Path("/sys/fs/ext4") / device / "trigger_fs_error"
    if not trigger.exists():
        pytest.skip("this kernel lets nobody cause a fault of ext4")
    trigger.write_text("a fault on request\n")
    with pytest.raises(OSError, match="Read-only"):
        (disk.mount / "probe").touch()


def test_a_disk_that_turns_read_only_is_read_on_and_loses_nothing(disk: LoopDisk, registry: RegistryProcess) -> None:
    registry.start()
    with contextlib.closing(Client(registry.port, "ada")) as client:
        client.done("PUT", blob_path(CONTENT), CONTENT)
        file = {"path": "model.bin", "digest": digest_of(CONTENT), "size_bytes": len(CONTENT)}
        client.json("POST", "/api/v1/models/churn/versions?create_model=true", {"files": [file]})

        turn_read_only(disk)

        refused = [
            client.send("POST", "/api/v1/models", b'{"name": "new"}', {"Content-Type": "application/json"}),
            client.send("PUT", blob_path(OTHER), OTHER),
        ]
        for status, headers, body in refused:
            assert (status, headers["content-type"]) == (503, "application/problem+json"), body
            assert str(disk.mount).encode() not in body
        assert client.done("GET", "/api/v1/models/churn/versions/1/files/model.bin")[1] == CONTENT
        assert json.loads(client.done("GET", "/api/v1/models/churn/versions/latest")[1])["number"] == 1
        assert client.send("GET", "/ready")[0] == 503
    registry.kill()
    code, errors = run_to_end(("modelyard", "serve"), registry.data_dir)
    assert (code, "Traceback" in errors) == (1, False), errors
    disk.restore_power()
    registry.start()
    with contextlib.closing(Client(registry.port, "ada")) as client:
        assert client.done("GET", "/api/v1/models/churn/versions/1/files/model.bin")[1] == CONTENT
        client.done("PUT", blob_path(OTHER), OTHER)
    registry.run("verify", "--events")

"""Parts of an upload that nobody will end: the store of `deploy/compose` removes them by its own script."""

import os
import time
from pathlib import Path

import pytest

from tests.deploy.stack import given
from tests.deploy.test_image import IN_FULL
from tests.servers.seaweedfs import BUCKET, new_bucket, seaweedfs

PATIENCE_SECONDS = 300.0


@pytest.mark.skipif(not os.environ.get(IN_FULL), reason=f"waits for a minute: set {IN_FULL}, or make test-image")
def test_the_script_of_the_store_removes_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As the file has it, but for its times: the store counts in minutes."""
    script = given("seaweedfs")["WEED_MASTER_MAINTENANCE_SCRIPTS"]
    monkeypatch.setenv("WEED_MASTER_MAINTENANCE_SCRIPTS", script.replace("168h", "1s"))
    monkeypatch.setenv("WEED_MASTER_MAINTENANCE_SLEEP_MINUTES", "1")
    with seaweedfs(tmp_path, volumes=10) as server:
        bucket = new_bucket(server)
        assert server.request("POST", f"/{BUCKET}/{bucket.prefix}/left", "uploads=")[0] == 200
        assert bucket.unfinished() == ["left"]
        until = time.monotonic() + PATIENCE_SECONDS
        while bucket.unfinished() and time.monotonic() < until:
            time.sleep(1)  # nobody tells when it is done
        assert bucket.unfinished() == []

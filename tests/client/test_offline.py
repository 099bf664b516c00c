import logging
import os
from pathlib import Path

import pytest

from modelyard.client.cache.cache import Cache
from modelyard.client.cache.locks import USES
from modelyard.client.failures import Offline
from modelyard.client.registry import Registry
from tests.client.proxied import ProxyThread
from tests.client.samples import contents_of, files_in, folder_of, mixed, registered


def go_offline(proxy: ProxyThread, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing answers any more, and nothing is asked."""

    def refuse(_: bytes) -> None:
        raise AssertionError("something was sent")

    proxy.proxy.request = refuse
    monkeypatch.setenv("MODELYARD_OFFLINE", "1")


def test_what_was_pulled_once_is_there_without_a_connection(
    hasty: Registry,
    proxy: ProxyThread,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    contents = mixed()
    version = registered(hasty, files_in(folder_of(tmp_path / "model", contents)), "alone")
    hasty.transport.request("PUT", "/models/alone/aliases/champion", body={"version": version.number})
    hasty.pull("alone@champion")
    before = proxy.proxy.connections
    go_offline(proxy, monkeypatch)
    with caplog.at_level(logging.WARNING):
        assert contents_of(hasty.pull(version.reference)) == contents
    assert caplog.messages == []
    with caplog.at_level(logging.WARNING):
        assert contents_of(hasty.pull("alone@champion", tmp_path / "mine")) == contents
    assert [message[:36] for message in caplog.messages] == ["offline: alone@champion was alone:1 "]
    assert proxy.proxy.connections == before


def test_what_was_never_asked_for_is_said(
    hasty: Registry, proxy: ProxyThread, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    registered(hasty, files_in(folder_of(tmp_path / "model", mixed(small=3))), "asked")
    hasty.pull("asked:1", paths=["config.json"])
    go_offline(proxy, monkeypatch)
    assert contents_of(hasty.pull("asked:1", paths=["config.json"])) == {"config.json": b"{}"}
    for reference in ("asked:production", "asked:2", "other:1"):
        with pytest.raises(Offline, match=f"{reference} is not in the cache"):
            hasty.pull(reference)
    with pytest.raises(Offline, match="is not in the cache, and MODELYARD_OFFLINE is set"):
        hasty.pull("asked:1")


def test_another_registrys_version_of_the_same_name_is_another(
    hasty: Registry, registry: Registry, proxy: ProxyThread, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    registered(registry, files_in(folder_of(tmp_path / "model", mixed(small=3))), "twice")
    registry.pull("twice:1")
    go_offline(proxy, monkeypatch)
    with pytest.raises(Offline):
        hasty.pull("twice:1")


def test_what_was_evicted_is_said_offline(
    hasty: Registry, proxy: ProxyThread, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    registered(hasty, files_in(folder_of(tmp_path / "model", {"a": os.urandom(100)})), "evicted")
    hasty.pull("evicted:1")
    USES.release_all()
    Cache.from_env().prune(everything=True)
    go_offline(proxy, monkeypatch)
    with pytest.raises(Offline, match="evicted:1: a is not in the cache"):
        hasty.pull("evicted:1")

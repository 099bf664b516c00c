"""Holds a registry against what its writers were told."""

import contextlib
import json
from collections.abc import Sequence

from tests.faults.ledger import KnownUpload, KnownVersion, Ledger, Lost, digest_of
from tests.faults.writers import MODELS, Client, Writer


class Audit:
    """Reads over HTTP what was acknowledged; what was under way when the registry fell is either done or not."""

    def __init__(self, port: int, writers: Sequence[Writer]) -> None:
        self._client = Client(port, "auditor")
        self._ledgers = {writer.ledger.writer: writer.ledger for writer in writers}

    def require(self, *, everything: bool = False) -> None:
        """Compare what was touched since the last time, or everything.

        Raises:
            Lost: something acknowledged is not there, or something half done is.
        """
        with contextlib.closing(self._client):
            for model in MODELS:
                self._adopt(model)
            for ledger in self._ledgers.values():
                ledger.registering = None  # it was not made: else it would have been adopted
                self._require_upload(ledger)
                for name, fact in ledger.aliases.items():
                    fact.require(self._alias(ledger.model, name), f"{ledger.model}@{name}")
                for number in sorted(ledger.versions if everything else ledger.touched):
                    self._require_version(ledger.versions[number])
                ledger.touched.clear()

    def _adopt(self, model: str) -> None:
        """Versions that no writer was told of belong to registrations that were under way; they are looked at whole."""
        known = {number for ledger in self._ledgers.values() if ledger.model == model for number in ledger.versions}
        status, _, content = self._client.send("GET", f"/api/v1/models/{model}/versions?limit=500")
        if status == 404 and not known:
            return
        if status != 200:
            raise Lost(f"{model} is answered with {status} {content[:300]!r}")
        for item in json.loads(content)["items"]:
            if item["number"] not in known:
                ledger = self._ledgers[item["created_by"]]
                if ledger.registering is None or ledger.model != model:
                    raise Lost(f"nobody registered {model}:{item['number']}")
                ledger.add_version(item["number"])

    def _require_version(self, version: KnownVersion) -> None:
        what = f"{version.model}:{version.number}"
        status, _, content = self._client.send("GET", version.path)
        if status not in {200, 404}:
            raise Lost(f"{what} is answered with {status} {content[:300]!r}")
        version.is_there.require(status == 200, f"{what} being there")
        if status == 404:
            return
        seen = json.loads(content)
        version.stage.require(seen["stage"], f"the stage of {what}")
        version.metrics.require(seen["metrics"], f"the metrics of {what}")
        manifest = {file["path"]: file["digest"] for file in seen["files"]}
        if manifest != version.manifest:
            raise Lost(f"{what} has the files {manifest}, not {version.manifest}")
        for path, digest in manifest.items():
            status, _, content = self._client.send("GET", f"{version.path}/files/{path}")
            if (status, digest_of(content)) != (200, digest):
                raise Lost(f"{what}/{path} has {len(content)} other bytes, and the status {status}")

    def _require_upload(self, ledger: Ledger) -> None:
        upload, ledger.upload = ledger.upload, None
        if upload is None:
            return
        status, headers, _ = self._client.send("HEAD", upload.path)
        if status == 404 and upload.is_ending:
            return
        offset = int(headers.get("upload-offset", "-1"))
        if status != 200 or not upload.acknowledged <= offset <= len(upload.content):
            raise Lost(f"the upload is at {offset} ({status}), and {upload.acknowledged} bytes were acknowledged")
        self._continue(upload, offset)

    def _continue(self, upload: KnownUpload, offset: int) -> None:
        """End it, unless the server fell while it wrote: then its claim holds for two more minutes."""
        rest = upload.content[offset:]
        status, _, _ = self._client.send("PATCH", upload.path, rest, {"Upload-Offset": str(offset)})
        if status == 409:
            return
        _, content = self._client.done("PUT", upload.path)
        if json.loads(content)["digest"] != digest_of(upload.content):
            raise Lost("the upload has other bytes than were sent")

    def _alias(self, model: str, name: str) -> int:
        status, _, content = self._client.send("GET", f"/api/v1/models/{model}/aliases/{name}")
        return int(json.loads(content)["version"]) if status == 200 else 0

"""Fetching a version the careful way: no byte is unpickled before it is proven to be the one that was registered."""

import base64
import hashlib
import io
from dataclasses import dataclass

import joblib
import numpy as np
import rfc8785

from demo.description import MODEL_FILE
from demo.failure import DemoFailed
from demo.learning import Estimator
from demo.registry import Document, Registry, version_path
from demo.training import Trained

_SEALED = ("files", "framework", "lineage", "params", "signature")


class NotAsRegistered(DemoFailed):
    """What the registry gave back is not what was given to it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """A version that was fetched, proven and tried."""

    version: Document
    digest: str
    size_bytes: int
    predicted: int


def fetch_and_try(registry: Registry, model: str, reference: str, trained: Trained) -> Receipt:
    """Download a version's model, prove it, load it, and hold its predictions against those before registration.

    Raises:
        NotAsRegistered: A digest, the version's seal or a prediction differs.
    """
    version = registry.read(version_path(model, reference))
    name = f"{model}:{version['number']}"
    _check_seal(name, version)
    digest = f"sha256:{hashlib.sha256(trained.payload).hexdigest()}"
    payload = _fetch(registry, name, version, digest)
    estimator: Estimator = joblib.load(io.BytesIO(payload))
    inputs = trained.splits["holdout"].inputs
    predictions = estimator.predict(inputs)
    if not np.array_equal(predictions, trained.predictions):
        different = int(np.sum(predictions != trained.predictions))
        raise NotAsRegistered(f"{name} predicts {different} of {len(inputs)} rows otherwise than before registration")
    return Receipt(version=version, digest=digest, size_bytes=len(payload), predicted=len(inputs))


def _check_seal(name: str, version: Document) -> None:
    """A version's digest is the sha256 of the canonical JSON (RFC 8785) of all that never changes in it."""
    parts = {part: version[part] for part in _SEALED}
    parts["files"] = sorted(parts["files"], key=lambda file: str(file["path"]))
    sealed = f"sha256:{hashlib.sha256(rfc8785.dumps(parts)).hexdigest()}"
    if version["digest"] != sealed:
        raise NotAsRegistered(f"{name} has the digest {version['digest']}, but its manifest makes {sealed}")


def _fetch(registry: Registry, name: str, version: Document, registered: str) -> bytes:
    # By number, not by stage: production may move between two requests.
    path = f"{version_path(version['model'], version['number'])}/files/{MODEL_FILE}"
    answer = registry.call("GET", path)
    received = hashlib.sha256(answer.content)
    digest = f"sha256:{received.hexdigest()}"
    said = {
        "the training": (registered, digest),
        "the manifest": (_listed(version, MODEL_FILE), digest),
        "ETag": (answer.headers.get("ETag"), f'"{digest}"'),
        "Repr-Digest": (
            answer.headers.get("Repr-Digest"),
            f"sha-256=:{base64.b64encode(received.digest()).decode()}:",
        ),
    }
    for source, (claimed, expected) in said.items():
        if claimed != expected:
            raise NotAsRegistered(
                f"{name} {MODEL_FILE} was not loaded: the bytes received make {expected}, but {source} says {claimed}"
            )
    again = registry.call("GET", path, headers={"If-None-Match": answer.headers["ETag"]})
    if again.status_code != 304:
        raise NotAsRegistered(f"{name} {MODEL_FILE}: asked with its own ETag, the registry sends it again")
    return answer.content


def _listed(version: Document, path: str) -> str:
    return next(str(file["digest"]) for file in version["files"] if file["path"] == path)

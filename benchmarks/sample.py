"""A registry with something in it: versions as a team would register them."""

import hashlib
from dataclasses import dataclass

from benchmarks.calls import call

API = "/api/v1"
MODEL = "churn"
GROWING_MODEL = "nightly"
ALIAS = "champion"
STAGE = "production"
_VERSIONS = 10


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file that the registry has, so that versions can name it."""

    digest: str
    size_bytes: int


def store_file(port: int, content: bytes) -> StoredFile:
    """Upload a small file."""
    digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
    call(port, "PUT", f"{API}/blobs/{digest}", raw=content)
    return StoredFile(digest, len(content))


def version_document(number: int, file: StoredFile) -> dict[str, object]:
    """What registers a version; each number gives another document."""
    return {
        "files": [{"path": "model.joblib", "digest": file.digest, "size_bytes": file.size_bytes}],
        "description": f"Nightly training, run {number}",
        "tags": {"team": "risk", "run": str(number)},
        "params": {"max_depth": 8, "learning_rate": 0.1, "seed": number},
        "framework": {"name": "scikit-learn", "version": "1.9.1"},
    }


def pointing_document(number: int) -> dict[str, object]:
    """What registers a version whose files lie elsewhere, as MLflow's versions do: it says where, and no more."""
    return {
        "description": f"Nightly training, run {number}",
        "tags": {"team": "risk", "run": str(number)},
        "lineage": {"source": f"s3://models/{GROWING_MODEL}/{number}"},
    }


def fill(port: int) -> None:
    """A model with ten versions that have metrics, of which one is in production and has an alias; and one to grow."""
    for model in (MODEL, GROWING_MODEL):
        call(port, "POST", f"{API}/models", {"name": model, "tags": {"team": "risk"}})
    versions = f"{API}/models/{MODEL}/versions"
    for number in range(1, _VERSIONS + 1):
        call(port, "POST", versions, version_document(number, store_file(port, f"weights {number}".encode())))
        metrics = [{"name": name, "value": 0.9 + number / 1000, "dataset": "holdout"} for name in ("auc", "f1")]
        call(port, "POST", f"{versions}/{number}/metrics", {"metrics": metrics})
    for stage in ("staging", STAGE):
        call(port, "POST", f"{versions}/{_VERSIONS - 1}/transitions", {"to_stage": stage})
    call(port, "PUT", f"{API}/models/{MODEL}/aliases/{ALIAS}", {"version": _VERSIONS - 1})


READS = {
    "read by stage": f"{API}/models/{MODEL}/versions/{STAGE}",
    "read by alias": f"{API}/models/{MODEL}/versions/@{ALIAS}",
}
"""The two ways in which a serving program finds its version."""

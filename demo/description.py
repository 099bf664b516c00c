"""What a registry is told of a trained model: files, manifest, card and metrics, all taken from the model itself."""

import hashlib
import importlib.metadata
from collections.abc import Iterator
from dataclasses import dataclass, field

from demo.registry import Document
from demo.training import Trained

MODEL_FILE = "model.joblib"
_PACKAGES = ("joblib", "numpy", "pandas", "scikit-learn")


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFile:
    """A file of a version, with the digest that its bytes have before they are sent."""

    path: str
    payload: bytes
    media_type: str
    digest: str = field(init=False)

    def __post_init__(self) -> None:
        """Hash the bytes, once."""
        object.__setattr__(self, "digest", f"sha256:{hashlib.sha256(self.payload).hexdigest()}")

    def entry(self) -> Document:
        """How a manifest names it."""
        return {
            "path": self.path,
            "digest": self.digest,
            "size_bytes": len(self.payload),
            "media_type": self.media_type,
        }


def files_of(trained: Trained) -> list[ModelFile]:
    """The model, what it takes to load it, and three rows to try it with."""
    example = trained.splits["holdout"].inputs.head(3).to_json(orient="records", indent=1).encode()
    needed = "".join(f"{name}=={importlib.metadata.version(name)}\n" for name in _PACKAGES).encode()
    return [
        ModelFile(path=MODEL_FILE, payload=trained.payload, media_type="application/octet-stream"),
        ModelFile(path="requirements.txt", payload=needed, media_type="text/plain"),
        ModelFile(path="input_example.json", payload=example, media_type="application/json"),
    ]


def describe(trained: Trained, parent: str | None) -> Document:
    """All of a version but its files. What is not known, such as a commit, is left out.

    Args:
        trained: The model.
        parent: The version that it was trained further from, as `model:number`.
    """
    task, candidate = trained.task, trained.candidate
    return {
        "description": f"{_kind(trained)} for the {task.dataset} data: {candidate.label}",
        "tags": {"example": "make-demo", "family": candidate.family},
        "params": _params(trained),
        "metadata": {
            "training": {"rows": len(trained.splits["train"].inputs), "seed": trained.seed},
            "headline": task.headline,
        },
        "framework": {"name": "scikit-learn", "version": importlib.metadata.version("scikit-learn")},
        "signature": _signature(trained),
        "lineage": {"datasets": list(_datasets(trained)), **({"parent": parent} if parent else {})},
        "card": _card(trained),
    }


def metrics_of(trained: Trained) -> list[Document]:
    """Every measurement: on whole splits, on slices, and by step."""
    values: list[Document] = [
        {"name": m.name, "value": m.value, "dataset": m.dataset, "slice": m.slice} for m in trained.measured
    ]
    return values + [
        {"name": curve.metric, "value": value, "dataset": curve.dataset, "step": curve.first_step + passed}
        for curve in trained.curves
        for passed, value in enumerate(curve.values)
    ]


def _kind(trained: Trained) -> str:
    return "Regression" if trained.task.is_regression else "Classification"


def _params(trained: Trained) -> Document:
    """What `get_params` says, but for nested estimators, whose own parameters follow under longer names."""
    return {
        name: value
        for name, value in trained.estimator.get_params().items()
        if value is None or isinstance(value, bool | int | float | str)
    }


def _signature(trained: Trained) -> Document:
    inputs = trained.splits["train"].inputs
    return {
        "inputs": [{"name": str(name), "dtype": str(dtype), "shape": [-1]} for name, dtype in inputs.dtypes.items()],
        "outputs": [{"name": "prediction", "dtype": str(trained.predictions.dtype), "shape": [-1]}],
    }


def _datasets(trained: Trained) -> Iterator[Document]:
    name = trained.task.model.removeprefix("demo.")
    for split in trained.splits.values():
        yield {"name": f"{name}/{split.name}", "digest": split.digest}


def _card(trained: Trained) -> str:
    task, splits = trained.task, trained.splits
    rows = "\n".join(
        f"| {split.name} | {len(split.inputs)} | {trained.headline(split.name):.3f} |" for split in splits.values()
    )
    return f"""# {task.model}: {trained.candidate.label}

{task.question}

## Data

The {task.dataset} data that scikit-learn ships, {splits["train"].inputs.shape[1]} inputs a row. The rows were divided
at random once; each dataset digest is the sha256 of the rows as CSV.

| split | rows | {task.headline} |
|---|---|---|
{rows}

## Limits

Trained in seconds to show a registry at work. Not for decisions about anyone.
"""

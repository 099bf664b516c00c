"""A registry in which something has happened: three models, one with a past, a policy and a request."""

import json
import math
import struct
import zlib
from collections.abc import Mapping
from typing import Any

import httpx

from tests.api.steps import add_model, add_version, done, move, point

MODEL = "fraud-detector"
VERSIONS = 6
CARD = """# Fraud detector

Scores card payments while they are authorised. A score above **0.8** holds the payment back.

## Intended use

- Payments in euros, up to 10,000
- *Not* for transfers between accounts of one person

| dataset | payments | fraud |
|---------|---------:|------:|
| train   | 1,204,551 | 0.9 % |
| holdout |   301,137 | 0.9 % |

```python
score = served.predict_proba(payments)[:, 1]
```
"""


def picture(width: int = 24, height: int = 16) -> bytes:
    """A PNG that shows a slope."""
    rows = b"".join(
        b"\0" + bytes(200 if x * height > (height - y) * width else 40 for x in range(width)) for y in range(height)
    )
    parts = (
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)),
        (b"IDAT", zlib.compress(rows)),
        (b"IEND", b""),
    )
    chunks = (
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in parts
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def tensors() -> bytes:
    """A file of safetensors with two tensors."""
    header = {
        "__metadata__": {"format": "pt"},
        "encoder.weight": {"dtype": "F32", "shape": [16, 8], "data_offsets": [0, 512]},
        "encoder.bias": {"dtype": "F32", "shape": [16], "data_offsets": [512, 576]},
    }
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + bytes(576)


def files(number: int) -> Mapping[str, bytes]:
    return {
        "model.safetensors": tensors() + bytes([number]),
        "config.json": json.dumps({"trees": 100 * number, "objective": "logloss", "layers": [16, 8]}).encode(),
        "environment.yaml": b"python: 3.11.9\npackages:\n  - scikit-learn==1.9.1\n  - numpy==2.3.4\n",
        "evaluation/curve.png": picture(),
        "evaluation/thresholds.csv": b"threshold,precision,recall\n0.2,0.41,0.97\n0.5,0.71,0.86\n0.8,0.93,0.61\n",
        "README.md": b"# How to serve it\n\nLoad `model.safetensors`.\n",
    }


def _described(number: int) -> dict[str, Any]:
    lineage: dict[str, Any] = {
        "git": {
            "repository": "ssh://git.invalid/risk/fraud",
            "commit": f"{number}f3c2a90b1d4e5f6a7b8c9d0e1f2a3b4c5d6e7f8",
        },
        "datasets": [{"name": "payments-2026-q1", "digest": "sha256:" + f"{number}" * 64}],
        "run": f"nightly-{400 + number}",
    }
    if number > 1:
        lineage["parent"] = f"{MODEL}:{number - 1}"
    return {
        "description": f"Boosted trees on {3 + number} months of payments",
        "tags": {"team": "risk", "region": "eu" if number % 2 else "global"},
        "params": {"max_depth": 4 + number, "learning_rate": 0.05, "objective": "logloss", "subsample": 0.8},
        "metadata": {"trained_on": {"hours": 2.5, "machine": "gpu-2"}, "reviewed": number > 3},
        "framework": {"name": "xgboost", "version": "3.4.1"},
        "signature": {
            "inputs": [
                {"name": "amount", "dtype": "float64", "shape": [-1]},
                {"name": "country", "dtype": "string", "shape": [-1]},
            ],
            "outputs": [{"name": "score", "dtype": "float64", "shape": [-1]}],
        },
        "lineage": lineage,
        "card": CARD if number > 1 else "",
    }


def _measured(number: int) -> list[dict[str, Any]]:
    auc = 0.88 + 0.012 * number - (0.02 if number == 4 else 0)
    metrics: list[dict[str, Any]] = [
        {"name": "auc", "value": round(auc, 4), "dataset": "holdout"},
        {"name": "auc", "value": round(auc - 0.031, 4), "dataset": "holdout", "slice": "amount<50"},
        {"name": "f1", "value": round(auc - 0.12, 4), "dataset": "holdout"},
        {"name": "latency_ms", "value": 11.5 + number, "dataset": ""},
    ]
    for step in range(40):
        for dataset, level in (("train", 0.2), ("holdout", 0.26)):
            value = level + 0.5 * math.exp(-step / (6 + number)) + 0.01 * math.sin(step * 1.3 + number)
            metrics.append({"name": "loss", "value": round(value, 5), "dataset": dataset, "step": step})
    return metrics


POLICY = {
    "gates": {
        "production": [
            {"name": "good enough", "expression": "metric.auc@holdout >= 0.9"},
            {"name": "no worse", "expression": "metric.auc@holdout >= production.metric.auc@holdout - 0.005"},
            {"name": "has a card", "expression": 'card != ""'},
        ]
    },
    "approvals": {"production": 1},
}


async def set_scene(api: httpx.AsyncClient) -> None:
    """Make it, through the API."""
    await add_model(api, MODEL, description="Holds back card payments that look stolen.", tags={"team": "risk"})
    for number in range(1, VERSIONS + 1):
        await add_version(api, MODEL, files(number), **_described(number))
        await _measure(api, MODEL, number, _measured(number))
    await move(api, 1, "staging", "production", model=MODEL)
    await move(api, 3, "staging", "production", model=MODEL)
    await point(api, "champion", 3, MODEL, protected=True)
    await point(api, "challenger", 5, MODEL)
    await move(api, 5, "staging", model=MODEL)
    await move(api, 4, "staging", model=MODEL)
    done(await api.put(f"/models/{MODEL}/policy", json=POLICY))
    wanted = {"version": 5, "to_stage": "production", "reason": "two points of AUC more, on every slice"}
    done(await api.post(f"/models/{MODEL}/requests", json=wanted, headers={"X-Modelyard-Actor": "bo"}))
    await _neighbours(api)


async def _neighbours(api: httpx.AsyncClient) -> None:
    for number in range(1, 4):
        await add_version(api, "churn", {"model.onnx": b"onnx" + bytes([number])}, framework={"name": "scikit-learn"})
        metrics = [{"name": "auc", "value": 0.8 + number / 50, "dataset": "holdout"}]
        await _measure(api, "churn", number, metrics)
    await move(api, 3, "staging", "production", model="churn")
    await add_version(api, "credit.limits", {"model.bin": b"limits"}, tags={"team": "credit"})


async def _measure(api: httpx.AsyncClient, model: str, number: int, metrics: list[dict[str, Any]]) -> None:
    done(await api.post(f"/models/{model}/versions/{number}/metrics", json={"metrics": metrics}))

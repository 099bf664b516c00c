"""Requests that Schemathesis generates from the OpenAPI document: what it cannot know of formats and relations."""

import hashlib
from pathlib import Path
from typing import Any, cast

import schemathesis
from hypothesis import strategies as st
from schemathesis import Case
from schemathesis.schemas import BaseSchema

from modelyard.bootstrap.container import build_context
from modelyard.bootstrap.settings import Settings
from modelyard.presentation.api.app import create_api
from tests.api.digest_archives import archive
from tests.strategies import names

schemathesis.serializer.alias("application/x-tar", "application/octet-stream")

FORMATS: dict[str, st.SearchStrategy[str]] = {
    "model-name": st.sampled_from(["churn", "other"]) | names,
    "key": names,
    "actor": st.sampled_from(["ana", "bob"]),
    "metric-name": st.sampled_from(["auc", "f1"]),
    "dataset-name": st.sampled_from(["", "holdout"]),
    "slice": st.sampled_from(["", "age<30"]),
    "file-path": st.sampled_from(["model.joblib", "weights/a.bin", "ü"]),
    "version-reference": st.just("churn:1"),
    "query": st.sampled_from(["", "fraud", "tag.team:risk name:churn", '"two words"', "a or not b"]),
    "model-order": st.sampled_from(["", "-name", "created_at,name"]),
    "version-order": st.sampled_from(
        ["", "-created_at", "model,-number", "stage,-size_bytes,updated_at", "-metric.auc@holdout"]
    ),
    "version-list": st.sampled_from(["1,latest", "1,1"]),
    "reference-list": st.just("churn:1,churn:latest"),
    "request-order": st.sampled_from(["", "id", "-id"]),
    "account-name": st.sampled_from(["ana", "bob", "risk"]),
    "display-name": st.sampled_from(["", "Ana"]),
    "password": st.sampled_from(["seven green bicycles", "eight blue umbrellas"]),
    "subject": st.sampled_from(["account:ana", "group:risk"]),
    "model-pattern": st.sampled_from(["ch*", "*", "fraud.*"]),
    "webhook-url": st.just("https://receiver.invalid/hook"),
    "condition": st.sampled_from(["metric.auc@holdout >= 0.9", 'card != ""', "has:tag.team or approvals >= 1"]),
    "event-order": st.sampled_from(["", "sequence", "-sequence"]),
    "columns": st.sampled_from(["", "tag.team", '"tag.a,b",tag.c']),
    "entity-tags": st.sampled_from(["*", '"1-1"', 'W/"1-1", "2-7"']),
    # Only a cursor that a list handed out is taken, and none is known here; test_pages.py walks along them.
    "cursor": st.nothing(),
}
for name, strategy in FORMATS.items():
    schemathesis.openapi.format(name, strategy)


def schema_with(config: dict[str, Any], *, examples: int) -> BaseSchema:
    """All operations of the document, each with as many requests, the same ones in each run."""
    generation = {"deterministic": True, "database": "none", "allow-x00": False, "max-examples": examples}
    document = create_api(build_context(Settings(data_dir=Path("nothing")))).openapi()
    return schemathesis.openapi.from_dict(
        document, config=schemathesis.Config.from_dict({"generation": generation, **config})
    )


def join_what_belongs_together(case: Case[Any]) -> None:
    """Give valid data what OpenAPI cannot say: relations between parts of a request."""
    if case.meta is None or not case.meta.generation.mode.is_positive:
        return
    operation, body = case.operation.definition.raw["operationId"], cast("Any", case.body)
    if operation == "put_blob":  # the digest in the address is that of the body
        content = getattr(body, "data", body)
        case.path_parameters["digest"] = f"sha256:{hashlib.sha256(content).hexdigest()}"
    if operation == "put_blobs":  # any bytes, as the one file of an archive
        content = getattr(body, "data", body)
        case.body = archive([(f"sha256:{hashlib.sha256(content).hexdigest()}", content)])
    if case.query.get("format") not in {"csv", "jsonl", "parquet"} and "limit" in case.query:  # a page is bounded
        case.query["limit"] = min(int(case.query["limit"]), 500)
    if case.query.get("format") not in {"csv", "parquet"}:  # JSON has no columns
        case.query.pop("columns", None)
    if operation == "prove_history" and len(case.query) == 1:  # position and hash are given together, or not at all
        case.query.clear()
    if operation == "append_metrics":  # each key and step stands once in a batch
        del body["metrics"][1:]
    if operation == "register_version":  # each path stands once in a version; the files of a form all get one
        del body.get("files", body.get("file", []))[1:]
        description = body.get("version", body)
        (description.get("lineage") or {}).pop("parent", None)  # another version, which must be there

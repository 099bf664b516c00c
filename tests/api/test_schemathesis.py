"""Schemathesis holds the registry against its own OpenAPI document, with all of its checks on single requests.

Its chains of requests are left out: their data depend on what was answered before, so that no two runs are alike.
"""

import hashlib
import tempfile
from pathlib import Path
from typing import Any, cast

import httpx
import schemathesis
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from schemathesis import Case
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from modelyard.bootstrap.asgi import create_app
from modelyard.bootstrap.container import build_context
from modelyard.bootstrap.settings import Settings
from modelyard.presentation.api.app import create_api
from tests.api.conftest import MEMORY
from tests.api.digest_archives import archive
from tests.api.in_process import BASE, ORIGIN
from tests.api.steps import fill
from tests.strategies import names

EXAMPLES = 12

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

CONFIG = schemathesis.Config.from_dict(
    {
        "generation": {"deterministic": True, "database": "none", "allow-x00": False, "max-examples": EXAMPLES},
        "checks": {
            # What the state of the registry forbids is no fault of the data: 412 (another state than If-Match says) as
            # 409, and 416 (a range beyond the end of the file).
            "positive_data_acceptance": {"expected-statuses": ["2xx", "3xx", "403", "404", "409", "412", "416"]},
            "negative_data_rejection": {"expected-statuses": ["400", "403", "404", "405", "409", "412", "415", "422"]},
        },
        "operations": [
            # That no two gates have one name, and which steps there are, no schema can say.
            {
                "include-name-regex": "^PUT .*/polic(y|ies)",
                "checks": {"positive_data_acceptance": {"expected-statuses": ["2xx", "404", "412", "422"]}},
            },
            # That a token expires in the future, not in the past.
            {
                "include-name-regex": "^POST .*/tokens$",
                "checks": {"positive_data_acceptance": {"expected-statuses": ["2xx", "403", "404", "422"]}},
            },
            # Nor which parameters go together, and that a place lies within a list.
            {
                "include-path-regex": "/(compare|history)$",
                "checks": {"positive_data_acceptance": {"expected-statuses": ["2xx", "304", "404", "412", "422"]}},
            },
            # Nor what may be sent to.
            {
                "include-path-regex": "/webhooks",
                "checks": {
                    "positive_data_acceptance": {"expected-statuses": ["2xx", "304", "404", "409", "412", "422"]}
                },
            },
            # Nor which bytes are an archive: any are a string, also those that count as no valid one here.
            {"include-name": f"POST {BASE}/blobs", "checks": {"negative_data_rejection": {"enabled": False}}},
            # Another operation stands there: PUT /blobs/{digest}, which says that `missing` is no digest.
            {
                "include-name": f"POST {BASE}/blobs/missing",
                "checks": {"unsupported_method": {"enabled": False}, "allow_header_conformance": {"enabled": False}},
            },
        ],
    }
)


class FilledRegistry:
    """The whole application over a registry of its own for each start, with something in it to be found."""

    _app: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "lifespan":
            await self._app(scope, receive, send)
            return
        with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as folder:
            self._app = create_app(Settings(data_dir=Path(folder), max_upload_bytes=2**53 - 1))

            async def send_filled(message: Message) -> None:
                if message["type"] == "lifespan.startup.complete":
                    async with httpx.AsyncClient(
                        transport=httpx.ASGITransport(self._app), base_url=ORIGIN + BASE
                    ) as api:
                        await fill(api)
                await send(message)

            await self._app(scope, receive, send_filled)


schema = schemathesis.openapi.from_dict(
    create_api(build_context(Settings(data_dir=Path("nothing")))).openapi(), config=CONFIG
)
schema.app = FilledRegistry()


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


@schema.parametrize()
@settings(max_examples=EXAMPLES, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
def test_every_operation_is_as_the_document_says(case: Case[Any]) -> None:
    join_what_belongs_together(case)
    case.call_and_validate(base_url=ORIGIN)

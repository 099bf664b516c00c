"""Schemathesis holds the registry against its own OpenAPI document, with all of its checks on single requests.

Its chains of requests are left out: their data depend on what was answered before, so that no two runs are alike.
"""

import tempfile
from pathlib import Path
from typing import Any

import httpx
from hypothesis import HealthCheck, settings
from schemathesis import Case
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from modelyard.bootstrap.asgi import create_app
from modelyard.bootstrap.settings import Settings
from tests.api.conftest import MEMORY
from tests.api.generated_requests import join_what_belongs_together, schema_with
from tests.api.in_process import BASE, ORIGIN
from tests.api.steps import fill

EXAMPLES = 12

CONFIG = {
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
        # That an account is a service, and which issuers the operator trusts: none here.
        {
            "include-name-regex": "^POST .*/workload-identities$",
            "checks": {"positive_data_acceptance": {"expected-statuses": ["2xx", "404", "422"]}},
        },
        # Nor which parameters go together, and that a place lies within a list.
        {
            "include-path-regex": "/(compare|history)$",
            "checks": {"positive_data_acceptance": {"expected-statuses": ["2xx", "304", "404", "412", "422"]}},
        },
        # Nor what may be sent to.
        {
            "include-path-regex": "/webhooks",
            "checks": {"positive_data_acceptance": {"expected-statuses": ["2xx", "304", "404", "409", "412", "422"]}},
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


schema = schema_with(CONFIG, examples=EXAMPLES)
schema.app = FilledRegistry()


@schema.parametrize()
@settings(max_examples=EXAMPLES, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
def test_every_operation_is_as_the_document_says(case: Case[Any]) -> None:
    join_what_belongs_together(case)
    case.call_and_validate(base_url=ORIGIN)

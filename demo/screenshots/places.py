"""Which pages there are to show, and what is added to the demo's registry so that none of them is empty."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any
from urllib.parse import quote

import httpx

from demo.failure import DemoFailed

MODEL = "demo.digits"
SERVED = "demo.tumours"
_MODELS = f"/models/{quote(MODEL)}"
_COMPARED = "&".join(f"version={quote(MODEL)}%3A{number}" for number in (1, 2, 3, 4))

OPEN: Mapping[str, str] = MappingProxyType(
    {
        "home": "/",
        "search": "/search?q=accuracy%20or%20metric.accuracy%40holdout%20%3E%3D%200.9",
        "search-fault": "/search?q=stage%3Aproduction%20and%20metric.accuracy%20%3E",
        "model": _MODELS,
        "version": f"{_MODELS}/versions/4",
        "version-metrics": f"{_MODELS}/versions/4/metrics",
        "version-files": f"{_MODELS}/versions/4/files",
        "version-history": f"{_MODELS}/versions/4/history",
        "move": f"{_MODELS}/versions/3/move?to=staging",
        "compare": f"/compare?{_COMPARED}",
        "choose": f"/compare?version={quote(MODEL)}%3A4",
        "register": f"/register?model={quote(MODEL)}",
        "events": "/events",
        "policies": "/policies",
        "policy": f"/models/{SERVED}/policy",
        "webhooks": "/webhooks",
        "webhook": "/webhooks/1",
        "not-found": "/nowhere",
    }
)
"""Pages of a registry that asks nobody who they are, by the name of their picture."""

REFUSALS: Mapping[str, int] = MappingProxyType({"not-found": 404, "search-fault": 400})
"""What these are answered; all others are there."""

GUARDED: Mapping[str, str] = MappingProxyType(
    {
        "access": "/admin",
        "account": "/admin/accounts/ana",
        "group": "/admin/groups/risk",
        "roles": "/admin/grants",
        "tokens": "/admin/tokens",
        "workloads": "/admin/workloads",
        "own-tokens": "/tokens",
        "password": "/password",
    }
)
"""Pages of one that does."""

ISSUER = "https://ci.invalid"
"""Whose workloads that one trusts."""

POLICY = {
    "gates": {
        "production": [
            {"name": "good enough", "expression": "metric.accuracy@holdout >= 0.9"},
            {
                "name": "no worse",
                "expression": "metric.accuracy@holdout >= production.metric.accuracy@holdout - 0.005",
            },
            {"name": "described", "expression": 'card != "" or description != ""'},
        ]
    },
    "approvals": {"production": 1},
}


@dataclass(frozen=True, slots=True)
class Call:
    """One change by the API."""

    method: str
    path: str
    body: Mapping[str, Any]


def dress(url: str) -> Mapping[str, str]:
    """Add policies, a request and a webhook to what the demo left; gives the page of the request."""
    hook = {"url": "https://hooks.example.com/models", "description": "deploys what is promoted", "models": "demo.*"}
    promotion = {"version": 2, "to_stage": "production", "reason": "as good, and a tenth of the size"}
    *_, request, _ = _make(
        url,
        {"X-Modelyard-Actor": "ana"},
        Call("PUT", f"/models/{SERVED}/policy", POLICY),
        Call("PUT", "/policies/demo.*", POLICY),
        Call("POST", "/webhooks", hook),
        Call("POST", f"/models/{SERVED}/versions/2/transitions", {"to_stage": "staging"}),
        Call("POST", f"/models/{SERVED}/requests", promotion),
        Call("PUT", f"/models/{MODEL}/aliases/challenger", {"version": 3}),
    )
    return {"request": f"/models/{SERVED}/requests/{request['id']}"}


def people(url: str, token: str) -> None:
    """Make accounts, a group, roles and tokens, and trust a job."""
    job = {"issuer": ISSUER, "audience": "modelyard", "subject": "repo:acme/fraud:ref:refs/heads/main"}
    rule = {"account": "nightly", "scopes": ["write"], "models": ["fraud.*"], **job}
    _make(
        url,
        {"Authorization": f"Bearer {token}"},
        Call("POST", "/accounts", {"name": "ana", "display_name": "Ana from Risk"}),
        Call("POST", "/accounts", {"name": "bo"}),
        Call("POST", "/accounts", {"name": "nightly", "kind": "service"}),
        Call("POST", "/groups", {"name": "risk", "description": "who answers for the models of fraud"}),
        Call("PUT", "/groups/risk/members/ana", {}),
        Call("POST", "/grants", {"subject": "group:risk", "models": "fraud.*", "role": "maintainer"}),
        Call("POST", "/grants", {"subject": "account:ana", "models": "*", "role": "reader"}),
        Call("POST", "/tokens", {"name": "notebook", "account": "ana", "scopes": ["read", "write"]}),
        Call("POST", "/tokens", {"name": "training", "account": "nightly", "scopes": ["write"], "models": ["fraud.*"]}),
        Call("POST", "/workload-identities", rule),
    )


def _make(url: str, headers: Mapping[str, str], *calls: Call) -> Sequence[Any]:
    answers = []
    with httpx.Client(base_url=f"{url}/api/v1", headers=headers, trust_env=False, timeout=30) as api:
        for call in calls:
            answer = api.request(call.method, call.path, json=call.body or None)
            if not answer.is_success:
                raise DemoFailed(f"{call.method} {call.path} was answered {answer.status_code}: {answer.text}")
            answers.append(answer.json())
    return answers

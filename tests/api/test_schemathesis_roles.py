"""Schemathesis calls every operation of a registry that asks who calls: with each role, and without a token.

Each generated request is sent by all callers, in an order of its own, to one server. What they undo is made anew before
the next request; what lets them in is never taken away, and each answer shows that it was not.
"""

import asyncio
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from schemathesis import Case

from modelyard.domain.access.role import PERMISSIONS, Role
from modelyard.domain.access.standing import ANYBODY
from modelyard.domain.permission import Permission
from tests.api.access import made
from tests.api.conftest import empty_registry
from tests.api.generated_requests import join_what_belongs_together, schema_with
from tests.api.in_process import BASE
from tests.api.steps import MODEL, done, fill, move
from tests.integration.live_server import PATIENCE_SECONDS
from tests.integration.server_process import REAL, ServerProcess, running

EXAMPLES = 4
STRANGER = "nobody"
CALLERS = (STRANGER, *(role.value for role in Role))
PATTERNS = ("*", "ch*", "fraud.*")
"""Those that generated policies are of."""

CONFIG = {
    "phases": {"examples": {"enabled": False}, "coverage": {"enabled": False}},
    "checks": {
        # Which data are taken depends on the role here, and who is let in without a token is asked below.
        "positive_data_acceptance": {"enabled": False},
        "negative_data_rejection": {"enabled": False},
        "ignored_auth": {"enabled": False},
    },
}

schema = schema_with(CONFIG, examples=EXAMPLES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Roles:
    """A server, and a token of an account for each role on all models."""

    url: str
    admin: httpx.Client
    tokens: Mapping[str, str]
    kept: Mapping[str, frozenset[str]]
    """Ids of the tokens and grants of all callers, by the name that they have in addresses."""
    spare: Mapping[str, int]
    """One of each that no caller needs."""

    def headers_of(self, caller: str) -> dict[str, str]:
        """The caller's token; and its name, since a failure is shown without tokens."""
        authorization = {} if caller == STRANGER else {"Authorization": f"Bearer {self.tokens[caller]}"}
        return {"X-Caller": caller, **authorization}

    def spare_callers(self, case: Case[Any]) -> None:
        """Let a request that would take away what lets a caller in take away something else."""
        for name, ids in self.kept.items():
            if str(case.path_parameters.get(name)) in ids:
                case.path_parameters[name] = self.spare[name]

    def restore(self) -> None:
        """Bring back what is to be found."""
        if self.admin.get(f"{MODEL}/versions/1").is_success:
            return
        for address in (*(f"/policies/{pattern}" for pattern in PATTERNS), f"{MODEL}?force=true"):
            assert self.admin.delete(address).status_code in {204, 404}, address
        asyncio.run(self._fill())

    async def _fill(self) -> None:
        async with httpx.AsyncClient(
            base_url=self.url + BASE, headers=self.admin.headers, timeout=self.admin.timeout
        ) as api:
            await fill(api)
            await move(api, 2, "staging")
            done(await api.put("/policies/ch*", json={"approvals": {"production": 1}}))
            made(await api.post(f"{MODEL}/requests", json={"version": 2, "to_stage": "production"}))


@contextmanager
def logged(server: ServerProcess) -> Iterator[list[str]]:
    """What it writes on stderr until it is stopped here; read as it comes, since a full pipe would hold it up."""
    errors: list[str] = []
    assert server.process.stderr is not None
    reader = threading.Thread(target=errors.extend, args=(server.process.stderr,))
    reader.start()
    try:
        yield errors
    finally:
        server.process.terminate()
        reader.join(PATIENCE_SECONDS)


@pytest.fixture(scope="module")
def roles(migrated_file: Path) -> Iterator[Roles]:
    variables = {"MODELYARD_AUTH": "tokens", "MODELYARD_RATE_OF_FAILURES": "none", "MODELYARD_LOG_LEVEL": "error"}
    with empty_registry(migrated_file) as path, running(REAL, path, **variables) as process, logged(process) as errors:
        headers = {"Authorization": f"Bearer {process.first_token()}"}
        with httpx.Client(base_url=process.url + BASE, headers=headers, timeout=PATIENCE_SECONDS) as admin:
            tokens = {role.value: enrol(admin, f"the {role}", role) for role in Role}
            kept = ids(admin)
            enrol(admin, "ana", Role.READER)
            made(admin.post("/groups", json={"name": "risk"}))
            made(admin.post("/webhooks", json={"url": "https://receiver.invalid/hook"}))
            spare = {name: int(*(those - kept[name])) for name, those in ids(admin).items()}
            yield Roles(url=process.url, admin=admin, tokens=tokens, kept=kept, spare=spare)
    assert errors == []


def enrol(admin: httpx.Client, name: str, role: Role) -> str:
    """A token of a new account with a role on all models."""
    made(admin.post("/accounts", json={"name": name}))
    made(admin.post("/grants", json={"subject": f"account:{name}", "models": "*", "role": role}))
    return str(made(admin.post("/tokens", json={"name": "test", "account": name, "scopes": ["admin"]}))["token"])


def ids(admin: httpx.Client) -> dict[str, frozenset[str]]:
    tokens, grants = done(admin.get("/tokens?account=*")), done(admin.get("/grants"))
    return {
        "token_id": frozenset(str(item["id"]) for item in tokens["items"]),
        "grant_id": frozenset(str(item["id"]) for item in grants["items"]),
    }


@schema.given(callers=st.permutations(CALLERS))
@schema.parametrize()
@settings(max_examples=EXAMPLES, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
def test_every_operation_answers_every_caller_as_the_document_says(
    case: Case[Any], roles: Roles, callers: Sequence[str]
) -> None:
    join_what_belongs_together(case)
    roles.spare_callers(case)
    roles.restore()
    permission = Permission(case.operation.definition.raw["x-permission"])
    for caller in callers:
        answer = case.call_and_validate(base_url=roles.url, headers=roles.headers_of(caller))
        is_stranger = answer.status_code == 401 and b"sign-in-failed" not in answer.content  # no body follows HEAD
        told = (caller, answer.status_code, answer.content[:1_000])
        assert is_stranger is (caller == STRANGER and permission is not Permission.OPERATE), told
        assert answer.status_code >= 400 or may(caller, permission), told


def may(caller: str, permission: Permission) -> bool:
    """By the table of roles."""
    if caller == STRANGER:
        return permission is Permission.OPERATE
    return permission in ANYBODY or permission in PERMISSIONS[Role(caller)]

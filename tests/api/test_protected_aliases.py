"""Who may move, delete and make free what alias, by roles and by scopes of tokens."""

import contextlib
import dataclasses
import io
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from modelyard.bootstrap.settings import Settings
from modelyard.domain.access.role import PERMISSIONS, Role
from modelyard.domain.access.token import SCOPES, Scope
from modelyard.domain.permission import Permission
from tests.api.access import Guarded, guarded_app
from tests.api.conftest import empty_registry
from tests.api.in_process import Contract
from tests.api.steps import done, refused

pytestmark = pytest.mark.asyncio(loop_scope="module")

RIGHT = Permission.ALIASES_PROTECTED
NEEDS_RIGHT = [
    ("PUT", {"version": 2}),
    ("PUT", {"version": 2, "protected": True}),
    ("PUT", {"version": 1, "protected": False}),
    ("DELETE", None),
]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def guarded(migrated_file: Path, contract: Contract) -> AsyncIterator[Guarded]:
    """One for all callers: each has a model of its own."""
    with empty_registry(migrated_file) as path, contextlib.redirect_stdout(io.StringIO()) as output:
        settings = dataclasses.replace(Settings(data_dir=path), auth="tokens")
        async with guarded_app(settings, contract, output.getvalue) as started:
            yield started


async def protected_alias(guarded: Guarded, model: str) -> str:
    """The address of a protected alias of version 1 of two."""
    address = f"/models/{model}/aliases/champion"
    async with guarded.client() as admin:
        for _ in range(2):
            done(await admin.post(f"/models/{model}/versions?create_model=true", json={}))
        done(await admin.put(address, json={"version": 1, "protected": True}))
    return address


async def caller(guarded: Guarded, name: str, role: Role, scope: Scope = Scope.ADMIN) -> httpx.AsyncClient:
    await guarded.enrol(name, (f"{name}*", role))
    return guarded.client(await guarded.token_of(name, [scope]))


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("scope", Scope)
async def test_a_protected_alias_obeys_those_whom_role_and_scope_let(
    guarded: Guarded, role: Role, scope: Scope
) -> None:
    name = f"{role}-{scope}"
    held = PERMISSIONS[role] & SCOPES[scope]
    async with await caller(guarded, name, role, scope) as client:
        for place, (method, body) in enumerate(NEEDS_RIGHT):
            address = await protected_alias(guarded, f"{name}-{place}")
            before = done(await client.get(address))
            answer = await client.request(method, address, json=body)
            if held >= {Permission.ALIASES_MOVE, RIGHT}:
                assert answer.is_success, (method, body, answer.text)
            else:
                problem = refused(answer, 403, "permission-denied")
                assert problem["permission"] == (RIGHT if Permission.ALIASES_MOVE in held else Permission.ALIASES_MOVE)
                assert done(await client.get(address)) == before


async def test_a_maintainer_protects_what_only_an_approver_moves_then(guarded: Guarded) -> None:
    address = await protected_alias(guarded, "shared")
    free = address.replace("champion", "free")
    await guarded.enrol("mia", ("shared", Role.MAINTAINER))
    await guarded.enrol("ari", ("shared", Role.APPROVER))
    async with (
        guarded.client(await guarded.token_of("mia")) as mia,
        guarded.client(await guarded.token_of("ari")) as ari,
        guarded.client(await guarded.token_of("ari", [Scope.WRITE])) as narrowed,
    ):
        assert (await mia.put(free, json={"version": 1})).status_code == 201
        assert done(await mia.put(free, json={"version": 2, "protected": True}))["protected"] is True
        problem = refused(await mia.put(free, json={"version": 1}), 403, "permission-denied")
        assert (problem["permission"], "approver" in problem["hint"]) == ("aliases:move-protected", True)
        refused(await narrowed.put(free, json={"version": 1}), 403, "permission-denied")
        assert done(await mia.put(free, json={"version": 2}))["revision"] == 2
        moved = done(await ari.put(free, json={"version": 1}))
        assert (moved["version"], moved["protected"], moved["updated_by"]) == (1, True, "ari")
        assert done(await ari.put(free, json={"version": 1, "protected": False}))["protected"] is False
        assert (await mia.delete(free)).status_code == 204


async def test_both_roles_together_maintain_and_move_protected_ones(guarded: Guarded) -> None:
    address = await protected_alias(guarded, "twofold")
    await guarded.enrol("bea", ("twofold", Role.MAINTAINER), ("twofold", Role.APPROVER))
    async with guarded.client(await guarded.token_of("bea")) as bea:
        assert done(await bea.put(address, json={"version": 2}))["version"] == 2

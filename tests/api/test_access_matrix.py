"""Every route for every role, with every scope of token, on models of one's own and of others.

What is expected comes from the OpenAPI document, which names the permission of each route, and from the table of roles:
a route that is added is tried without another line here.
"""

import contextlib
import dataclasses
import io
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from modelyard.bootstrap.settings import Settings
from modelyard.domain.access.role import PERMISSIONS, Role
from modelyard.domain.access.standing import ANYBODY
from modelyard.domain.access.token import SCOPES, Scope
from modelyard.domain.permission import Permission
from tests.api.access import Guarded, guarded_app
from tests.api.conftest import empty_registry
from tests.api.in_process import Contract
from tests.api.test_hostile_addresses import GOOD

pytestmark = pytest.mark.asyncio(loop_scope="module")

OWN, FOREIGN = "own.model", "foreign.model"
WIDE = {Permission.ACCESS_EDIT, Permission.WEBHOOKS_EDIT}
CALLERS: dict[str, tuple[str, Role] | None] = {
    "nobody": None,
    **{role.value: ("own.*", role) for role in Role},
    "administrator": ("*", Role.ADMIN),
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def guarded(migrated_file: Path, contract: Contract) -> AsyncIterator[Guarded]:
    """One for all callers, on one database: what is tried here is decided before any is asked."""
    with empty_registry(migrated_file) as path, contextlib.redirect_stdout(io.StringIO()) as output:
        settings = dataclasses.replace(Settings(data_dir=path), auth="tokens")
        async with guarded_app(settings, contract, output.getvalue) as started:
            yield started


def routes(contract: Contract) -> Iterator[tuple[str, str, Permission]]:
    for path, operations in contract.paths.items():
        for method, operation in operations.items():
            yield method.upper(), path, Permission(operation["x-permission"])


def is_expected(granted: tuple[str, Role] | None, scope: Scope, permission: Permission, *, is_own: bool | None) -> bool:
    """By the tables; `is_own` is None where the address names no model."""
    if permission is Permission.OPERATE:
        return True
    if permission not in SCOPES[scope]:
        return False
    if permission in ANYBODY:
        return True
    if granted is None or permission not in PERMISSIONS[granted[1]]:
        return False
    is_everywhere = granted[0] == "*"
    return is_everywhere or (is_own is not False and (is_own or permission not in WIDE))


def address_of(path: str, model: str) -> str:
    # Grants and tokens that are not there: administrators would take away their own.
    return "http://127.0.0.1" + path.format(
        **GOOD | {"model": model, "pattern": f"{model}*", "grant_id": "999", "token_id": "999"}
    )


@pytest.mark.parametrize("caller", CALLERS)
@pytest.mark.parametrize("scope", Scope)
async def test_each_route_lets_in_whom_the_table_lets_in(
    guarded: Guarded, contract: Contract, caller: str, scope: Scope
) -> None:
    granted, account = CALLERS[caller], f"{caller} with {scope}"
    await guarded.enrol(account, *([granted] if granted else []))
    tried = 0
    async with guarded.client(await guarded.token_of(account, [scope])) as client:
        for method, path, permission in routes(contract):
            has_model = "{model}" in path
            for model in (OWN, FOREIGN) if has_model else (OWN,):
                expected = is_expected(granted, scope, permission, is_own=model == OWN if has_model else None)
                answer = await client.request(method, address_of(path, model))
                place = (method, path, model, answer.status_code, answer.text)
                assert answer.status_code < 500 or answer.status_code == 503, place
                if expected:
                    assert answer.status_code not in {401, 403} or is_about_a_pattern(path), place
                else:
                    assert is_refused(answer, granted, scope, has_model=has_model, is_own=model == OWN), place
                tried += 1
    assert tried > 100


def is_about_a_pattern(path: str) -> bool:
    """Rights in a pattern depend on which one it is: tried elsewhere."""
    return "{pattern}" in path


def is_refused(
    answer: httpx.Response, granted: tuple[str, Role] | None, scope: Scope, *, has_model: bool, is_own: bool
) -> bool:
    """403 where it may be seen; else, not there."""
    kind = answer.json()["type"].rpartition(":")[2] if answer.content else None  # HEAD tells none
    may_see = granted is not None and (granted[0] == "*" or is_own) and Permission.MODELS_READ in SCOPES[scope]
    if has_model and not may_see:
        return answer.status_code == 404 and kind in {"model-not-found", None}
    return answer.status_code == 403 and kind in {"permission-denied", None}


async def test_without_a_token_no_route_answers_but_those_that_tell_whether_the_server_is_well(
    guarded: Guarded, contract: Contract
) -> None:
    async with guarded.stranger() as stranger:
        for method, path, permission in routes(contract):
            answer = await stranger.request(method, address_of(path, OWN))
            is_open = permission is Permission.OPERATE
            assert (answer.status_code == 401) is not is_open, (method, path, answer.status_code)

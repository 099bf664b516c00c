"""Who acts in the demo: two names; where the registry asks who calls, accounts with roles and tokens."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from typing import Final

import httpx

from demo.registry import Registry

TRAINING: Final = "training"
RELEASE: Final = "release"
MODELS: Final = "demo.*"
_ROLES: Final = {TRAINING: ("contributor",), RELEASE: ("maintainer", "approver")}


@contextmanager
def acting(url: str, token: str) -> Iterator[tuple[Registry, Registry]]:
    """Whoever trains, and whoever releases.

    Args:
        url: The registry's address.
        token: An administrator's, who makes their accounts; empty where nobody is asked. Their tokens end with it.
    """
    with ExitStack() as stack:
        tokens: Sequence[str] = ("", "")
        if token:
            administrator = stack.enter_context(closing(Registry(url, token=token)))
            tokens = [stack.enter_context(_token_of(administrator, name)) for name in (TRAINING, RELEASE)]
        training, release = (
            stack.enter_context(closing(Registry(url, name, token=own)))
            for name, own in zip((TRAINING, RELEASE), tokens, strict=True)
        )
        yield training, release


@contextmanager
def _token_of(administrator: Registry, name: str) -> Iterator[str]:
    """A token of an account of the demo, which is made where it is missing."""
    if administrator.send("GET", f"/accounts/{name}").status_code == httpx.codes.NOT_FOUND:
        administrator.call("POST", "/accounts", json={"name": name})
    given = administrator.read("/grants", subject=f"account:{name}")["items"]
    for role in _ROLES[name]:
        if (MODELS, role) not in {(grant["models"], grant["role"]) for grant in given}:
            grant = {"subject": f"account:{name}", "models": MODELS, "role": role}
            administrator.call("POST", "/grants", json=grant)
    wanted = {"name": "demo", "account": name, "scopes": ["write", "promote"], "models": [MODELS]}
    token = administrator.call("POST", "/tokens", json=wanted).json()
    try:
        yield token["token"]
    finally:
        administrator.call("DELETE", f"/tokens/{token['id']}")

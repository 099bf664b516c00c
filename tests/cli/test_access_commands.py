"""Who may do what, from a terminal."""

from pathlib import Path

import httpx
import pytest

from modelyard.client import errors
from modelyard.client.connection import connect
from modelyard.client.registry import Registry
from tests.cli.conftest import JOB, url_of
from tests.cli.program import Inside, Program
from tests.servers.openid import LyingProvider


@pytest.fixture
def variables(tmp_path: Path, administrator: httpx.Client) -> dict[str, str]:
    token = str(administrator.headers["authorization"]).removeprefix("Bearer ")
    own = {"MODELYARD_CONFIG": str(tmp_path / "profiles.json"), "COLUMNS": "200"}
    return {"MODELYARD_URL": url_of(administrator), "MODELYARD_TOKEN": token, **own}


@pytest.fixture
def inside(variables: dict[str, str]) -> Inside:
    return Inside(variables=variables)


@pytest.fixture
def cli(tmp_path: Path, variables: dict[str, str]) -> Program:
    return Program(folder=tmp_path, variables=variables)


def as_of(administrator: httpx.Client, token: str) -> Registry:
    return connect(url_of(administrator), token=token)


def test_somebody_gets_a_role_by_a_group_and_loses_it(inside: Inside, administrator: httpx.Client) -> None:
    assert inside("account", "add", "ana", "--display-name", "Ana").said() == "The person ana has an account now.\n"
    assert inside("group", "add", "risk", "--description", "models of risk").said() == "There is a group risk now.\n"
    assert inside("group", "join", "risk", "ana").said() == "ana is in risk.\n"
    granted = inside("grant", "add", "group:risk", "fraud.*", "contributor", "--json").json()
    told = f"group:risk is contributor in fraud.* (grant {granted['id']}).\n"
    assert inside("grant", "add", "group:risk", "fraud.*", "contributor").said() == told
    made = inside("token", "add", "notebook", "--scope", "write", "--account", "ana", "--json").json()
    with as_of(administrator, made["token"]) as registry:
        assert registry.access.me().roles == [{"models": "fraud.*", "role": "contributor"}]
        assert registry.create_model("fraud.cards").name == "fraud.cards"
        [listed] = inside("group", "ls", "--json").json()
        assert (listed["name"], listed["members"]) == ("risk", ["ana"])
        assert inside("group", "leave", "risk", "ana").said() == "ana is not in risk.\n"
        assert registry.access.me().roles == []
    assert inside("group", "rm", "risk", "--yes").said() == "The group risk is deleted.\n"
    assert inside("grant", "ls", "--subject", "account:ana").err == "Nothing is granted.\n"


def test_a_token_may_do_less_than_its_owner_and_for_a_time(inside: Inside, administrator: httpx.Client) -> None:
    narrowed = ("--scope", "read", "--scope", "write", "--models", "a.*", "--models", "b")
    said = inside("token", "add", "nightly", *narrowed, "--expires", "2999-01-01T00:00Z").said()
    [held] = [one for one in inside("token", "ls", "--json").json() if one["name"] == "nightly"]
    first, secret = said.splitlines()
    assert first == f"Token {held['id']} of admin is made."
    assert (held["scopes"], held["models"], held["ending"]) == (["read", "write"], ["a.*", "b"], secret[-4:])
    assert held["expires_at"] == "2999-01-01T00:00:00.000Z"
    with as_of(administrator, secret.removeprefix("Its secret: ")) as registry:
        assert registry.access.me().models == ["a.*", "b"]
    assert "time zone" in inside("token", "add", "nightly", *narrowed, "--expires", "tomorrow").err


def test_a_token_is_replaced_and_revoked(inside: Inside, administrator: httpx.Client) -> None:
    made = inside("token", "add", "weekly", "--scope", "read", "--json").json()
    with as_of(administrator, made["token"]) as registry:
        assert registry.access.me().name == "admin"
        replaced = inside("token", "rotate", str(made["id"])).said()
        with pytest.raises(errors.Unauthenticated):
            registry.access.me()
    number = int(replaced.split()[1])
    assert replaced.startswith(f"Token {number} takes the place of {made['id']}, which is good for nothing any more.\n")
    assert inside("token", "revoke", str(number)).code == 2  # there is no terminal to ask at
    assert inside("token", "revoke", str(number), "--yes").said() == f"Token {number} is revoked.\n"
    revoked = {one["id"]: one["revoked_at"] for one in inside("token", "ls", "--all", "--json").json()}
    assert revoked[number] is not None


def test_who_calls_is_told(inside: Inside) -> None:
    lines = [line.split(maxsplit=1) for line in inside("whoami").said().splitlines()]
    assert lines == [
        ["name", "admin"],
        ["authenticated", "yes"],
        ["roles", "admin in *"],
        ["scopes", "admin"],
        ["models", "*"],
    ]
    nobody = inside("whoami", MODELYARD_TOKEN="")
    assert (nobody.code, nobody.out) == (1, "")
    assert "modelyard login" in nobody.err


def test_an_account_is_changed_and_gets_a_password(cli: Program, inside: Inside, administrator: httpx.Client) -> None:
    inside("account", "add", "ben").said()
    assert cli("account", "password", "ben", "--with-password", stdin="seven green bicycles\n").said() == (
        "ben has a new password.\n"
    )
    form = {"account": "ben", "password": "seven green bicycles"}
    same_origin = {"Sec-Fetch-Site": "same-origin"}
    assert httpx.post(f"{url_of(administrator)}/sign-in", data=form, headers=same_origin).status_code == 303
    assert inside("account", "password", "ben", "--remove").said() == "ben has no password any more.\n"
    assert httpx.post(f"{url_of(administrator)}/sign-in", data=form, headers=same_origin).status_code == 401
    assert cli("account", "password", "ben", "--with-password", stdin="").code == 2
    assert "Pipe the password in" in cli("account", "password", "ben").err
    assert "active        no\n" in inside("account", "edit", "ben", "--inactive").said()
    assert {one["name"]: one["active"] for one in inside("account", "ls", "--json").json()}["ben"] is False


def test_nobody_is_left_without_an_administrator(inside: Inside) -> None:
    refused = inside("account", "edit", "admin", "--inactive")
    assert refused.code == 4
    assert "Give another active account the role admin" in refused.err
    [grant] = inside("grant", "ls", "--subject", "account:admin", "--json").json()
    assert inside("grant", "rm", str(grant["id"]), "--yes").code == 4


def test_workloads_are_trusted_until_they_are_not(inside: Inside, liar: LyingProvider) -> None:
    assert inside("account", "add", "hourly", "--service").said() == "The service hourly has an account now.\n"
    trusted = ("hourly", "--issuer", liar.address, "--subject", JOB, "--scope", "write", "--ttl-seconds", "600")
    made = inside("workload", "add", *trusted, "--json").json()
    assert (made["audience"], made["ttl_seconds"], made["models"]) == ("modelyard", 600, ["*"])
    assert made in inside("workload", "ls", "--json").json()
    said = inside("workload", "rm", str(made["id"]), "--yes").said()
    assert said == f"Workload identity {made['id']} is trusted no more.\n"
    assert inside("workload", "rm", str(made["id"]), "--yes").code == 3
    unknown = inside(
        "workload", "add", "hourly", "--issuer", "https://ci.invalid", "--subject", JOB, "--scope", "write"
    )
    assert "MODELYARD_WORKLOAD_ISSUERS" in unknown.err


def test_one_account_and_one_group_are_read(inside: Inside, administrator: httpx.Client) -> None:
    inside("account", "add", "cai").said()
    inside("group", "add", "ops").said()
    with as_of(administrator, str(administrator.headers["authorization"]).removeprefix("Bearer ")) as registry:
        assert registry.access.accounts.read("cai").kind == "person"
        assert registry.access.groups.read("ops").members == []
        with pytest.raises(errors.AccountNotFound):
            registry.access.accounts.read("nobody")
        with pytest.raises(errors.NotFound):
            registry.access.accounts.read("cai/../admin")
        with pytest.raises(errors.GroupNotFound):
            registry.access.groups.read("nobody")

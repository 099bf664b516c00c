import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from modelyard.bootstrap.settings import Settings
from tests.deploy.files import DEPLOY, GIVEN, IMAGE, Document, compose, compose_text, variables_of

FILE = DEPLOY / "compose" / "compose.yaml"
SERVICES: dict[str, Document] = compose()["services"]
EXAMPLE = dict(re.findall(r"(?m)^([A-Z_0-9]+)=(.*)$", (DEPLOY / "compose" / "example.env").read_text("utf-8")))


def schema_errors(file: Path) -> tuple[int, str]:
    program = Path(sys.executable).with_name("check-jsonschema")
    command = (program, "--builtin-schema", "vendor.compose-spec", file)
    outcome = subprocess.run(command, capture_output=True, text=True, check=False)
    return outcome.returncode, outcome.stdout + outcome.stderr


def seconds(text: str) -> int:
    return int(text.removesuffix("s"))


def test_the_file_is_as_the_specification_has_it() -> None:
    status, output = schema_errors(FILE)
    assert status == 0, output


def test_a_wrong_file_would_be_found(tmp_path: Path) -> None:
    (tmp_path / "compose.yaml").write_text("services: {one: {imagine: x}}\n", encoding="utf-8")
    assert schema_errors(tmp_path / "compose.yaml")[0] == 1


@pytest.mark.parametrize("name", SERVICES)
def test_each_container_can_do_little(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", service["user"])
    assert service["deploy"]["resources"]["limits"].keys() == {"cpus", "memory", "pids"}
    assert not service.keys() & {"privileged", "cap_add", "devices", "pid", "ipc"}


@pytest.mark.parametrize("name", [name for name, service in SERVICES.items() if service["image"] != IMAGE])
def test_each_service_of_others_is_asked_whether_it_is_well(name: str) -> None:
    assert "test" in SERVICES[name]["healthcheck"]


def test_only_the_proxy_is_reached_from_outside_and_only_servers_reach_both_networks() -> None:
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["proxy"]
    networks = {name: set(service["networks"]) for name, service in SERVICES.items()}
    assert networks.pop("proxy") == {"front"}
    assert [networks.pop(name) for name in ("server-1", "server-2")] == [{"front", "inside"}] * 2
    assert set(map(frozenset, networks.values())) == {frozenset({"inside"})}
    assert compose()["networks"]["inside"] == {"internal": True}
    assert [name for name, service in SERVICES.items() if "network_mode" in service] == []


@pytest.mark.parametrize("name", ["server-1", "server-2"])
def test_servers_take_further_settings_from_a_file_that_need_not_be_there(name: str) -> None:
    assert SERVICES[name]["env_file"] == [{"path": "settings.env", "required": False}]


@pytest.mark.parametrize("name", ["server-1", "server-2"])
def test_servers_wait_for_the_migration_the_database_and_the_store(name: str) -> None:
    assert {service: wait["condition"] for service, wait in SERVICES[name]["depends_on"].items()} == {
        "migration": "service_completed_successfully",
        "postgres": "service_healthy",
        "seaweedfs": "service_healthy",
    }
    assert SERVICES["migration"]["depends_on"] == {"postgres": {"condition": "service_healthy"}}


@pytest.mark.parametrize("name", ["server-1", "server-2", "proxy"])
def test_running_requests_may_end(name: str) -> None:
    assert seconds(SERVICES[name]["stop_grace_period"]) > Settings().shutdown_timeout_seconds


def test_each_secret_is_required_and_the_example_gives_none() -> None:
    variables = variables_of(compose_text())
    required = {name for name, kind, _ in variables if kind == "?"}
    assert required == set(GIVEN)
    assert {name: EXAMPLE[name] for name in required} == dict.fromkeys(required, "")
    assert {(name, default) for name, kind, default in variables if kind == "-"} == {
        (name, value) for name, value in EXAMPLE.items() if name not in required
    }


def test_without_a_secret_nothing_starts() -> None:
    with pytest.raises(KeyError, match="POSTGRES_PASSWORD"):
        compose({name: value for name, value in GIVEN.items() if name != "POSTGRES_PASSWORD"})


def test_no_secret_stands_in_the_file() -> None:
    for key, value in re.findall(r"(?m)^ *-? *(\w*(?:PASSWORD|SECRET|KEY)\w*): (.*)$", compose_text()):
        assert value.startswith("${"), key


def test_what_is_mounted_from_the_checkout_is_there_and_read_only() -> None:
    mounts = [mount for service in SERVICES.values() for mount in service.get("volumes", []) if isinstance(mount, dict)]
    ours = {mount["source"]: mount for mount in mounts}
    made_by_the_operator = {"./tls": True, "./backup": False}
    for source, mount in ours.items():
        assert (FILE.parent / source).exists() or source in made_by_the_operator
        assert mount.get("read_only", False) is made_by_the_operator.get(source, True)
        assert mount["bind"] == {"create_host_path": False}


def test_what_the_operator_makes_there_stays_out_of_git() -> None:
    ignored = (DEPLOY.parent / ".gitignore").read_text(encoding="utf-8").splitlines()
    assert {"/deploy/compose/tls/", "/deploy/compose/settings.env", "/deploy/compose/backup/", ".env"} <= set(ignored)


def test_volumes_are_declared_and_used() -> None:
    named = {mount.partition(":")[0] for one in SERVICES.values() for mount in one.get("volumes", []) if ":" in mount}
    assert named == set(yaml.safe_load(compose_text())["volumes"])


def test_the_store_removes_parts_of_uploads_that_a_killed_server_left_and_none_of_one_under_way() -> None:
    """`test_unfinished_uploads` runs the script."""
    variables = SERVICES["seaweedfs"]["environment"]
    script = variables["WEED_MASTER_MAINTENANCE_SCRIPTS"].split("\n")
    assert script == ["lock", "s3.clean.uploads -timeAgo=168h", "unlock", ""]
    assert int(variables["WEED_MASTER_MAINTENANCE_SLEEP_MINUTES"]) <= 24 * 60

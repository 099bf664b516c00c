"""The files of `deploy/` against the code, and against each other."""

import ipaddress
import json
import re
from collections.abc import Iterator, Sequence

import pytest
import typer.main
from typer.core import TyperGroup

from modelyard.__main__ import build_commands
from modelyard.bootstrap.settings import PREFIX, Settings, UnknownSetting
from modelyard.bootstrap.start import check_start
from modelyard.cli.lazy_group import LazyGroup
from tests.deploy.files import (
    IMAGE,
    PROJECT,
    ROOT,
    compose,
    container,
    containers,
    environment_of,
    environment_of_image,
    images,
    instructions,
    manifest,
    pods,
    stage,
)

SERVICES = {name: one for name, one in compose()["services"].items() if one["image"] == IMAGE}
PODS = {name: container(name, one["name"]) for name, pod in pods().items() for one in containers(pod)
        if one["image"] == IMAGE}  # fmt: skip
SERVERS = ["server-1", "server-2"]


def words_of(text: str) -> list[str]:
    found: list[str] = json.loads(text)
    return found


def command_lines() -> Iterator[tuple[str, Sequence[str]]]:
    """Where a command line stands, and its words."""
    last = dict(stage("runtime"))
    entry = words_of(last["ENTRYPOINT"])
    yield "image", [*entry, *words_of(last["CMD"])]
    yield "health check of the image", words_of(last["HEALTHCHECK"].partition(" CMD ")[2])
    for name, one in SERVICES.items():
        yield f"compose {name}", [*entry, *one["command"]]
    for name, one in PODS.items():
        yield f"kubernetes {name}", [*entry, *one["args"]]


def parse(words: Sequence[str]) -> None:
    """Raise where the program would not take these words."""
    assert words[0] in PROJECT["scripts"]
    root = typer.main.get_command(build_commands())
    assert isinstance(root, LazyGroup)
    rest = list(words[1:])
    command: object = root.load(rest.pop(0))
    while isinstance(command, TyperGroup):
        command = command.commands[rest.pop(0)]
    command.make_context(words[0], rest)  # type: ignore[attr-defined]  # of a class that Typer does not show


def variables() -> Iterator[tuple[str, dict[str, str]]]:
    """Where our program is started, and with which variables."""
    image = environment_of_image()
    yield "image", image
    for name, one in SERVICES.items():
        yield f"compose {name}", image | one["environment"]
    for name, one in PODS.items():
        yield f"kubernetes {name}", image | environment_of(one)


COMMAND_LINES = dict(command_lines())
VARIABLES = dict(variables())


@pytest.mark.parametrize("where", COMMAND_LINES)
def test_each_command_line_is_one_that_the_program_takes(where: str) -> None:
    parse(COMMAND_LINES[where])


def test_a_wrong_command_line_would_be_found() -> None:
    with pytest.raises(Exception, match="No such option"):
        parse(["modelyard", "serve", "--wrokers", "2"])
    with pytest.raises(KeyError, match="migrate"):
        parse(["modelyard", "migrate"])


@pytest.mark.parametrize("where", VARIABLES)
def test_each_variable_is_a_setting_or_one_of_the_store(where: str) -> None:
    Settings.from_env(VARIABLES[where])
    page = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    for name in VARIABLES[where]:
        assert name.startswith((PREFIX, "PYTHON", "PATH")) or f"`{name}`" in page


def test_a_wrong_variable_would_be_found() -> None:
    with pytest.raises(UnknownSetting):
        Settings.from_env({**VARIABLES["compose server-1"], "MODELYARD_DATABSE_URL": "x"})


@pytest.mark.parametrize("where", [*(f"compose {name}" for name in SERVERS), "kubernetes modelyard"])
def test_servers_share_a_database_and_a_store_and_may_start(where: str) -> None:
    words = COMMAND_LINES[where]
    assert words[1:] == ["serve", "--workers", "2"]
    settings = Settings.from_env({**VARIABLES[where], "MODELYARD_WORKERS": words[-1]})
    assert settings.is_shared
    assert settings.blob_store_url.startswith("s3://")
    assert (settings.has_auth, bool(settings.secret_key), bool(settings.trusted_proxies)) == (True, True, True)
    check_start(settings)


def test_a_container_listens_on_all_its_addresses_and_is_open_to_nobody() -> None:
    settings = Settings.from_env(VARIABLES["image"])
    assert (settings.host, settings.has_auth) == ("0.0.0.0", True)  # noqa: S104  # in the container
    assert [rest for word, rest in stage("runtime") if word == "EXPOSE"] == [str(settings.port)]


def test_the_migration_has_the_database_of_the_servers() -> None:
    name = f"{PREFIX}DATABASE_URL"
    assert VARIABLES["compose migration"][name] == VARIABLES["compose server-1"][name]
    assert COMMAND_LINES["compose migration"] == COMMAND_LINES["kubernetes modelyard-migration"]


@pytest.mark.parametrize(("where", "image"), list(images()))
def test_each_image_is_pinned_to_a_minor_release(where: str, image: str) -> None:
    name, _, tag = image.rpartition(":")
    assert name, where
    assert re.match(r"\d+\.\d+", tag), where
    if name == "modelyard":
        assert image == IMAGE


def address_of(name: str) -> str:
    """Of a service, on the network that proxy and servers share."""
    address: str = compose()["services"][name]["networks"]["front"]["ipv4_address"]
    return address


def test_the_addresses_and_ports_of_compose_agree() -> None:
    services = compose()["services"]
    proxy = services["proxy"]["environment"]
    port = Settings.from_env(VARIABLES["compose server-1"]).port
    assert [proxy["SERVER_ONE"], proxy["SERVER_TWO"]] == [f"{address_of(name)}:{port}" for name in SERVERS]
    (published,) = services["proxy"]["ports"]
    listens = published.rpartition(":")[2]
    assert proxy["LISTEN"] == f"{listens} ssl"
    assert f"https://127.0.0.1:{listens}/ready" in services["proxy"]["healthcheck"]["test"]


@pytest.mark.parametrize("name", SERVERS)
def test_a_server_of_compose_listens_to_its_neighbours_in_front_and_believes_the_proxy_alone(name: str) -> None:
    settings = Settings.from_env(VARIABLES[f"compose {name}"])
    assert settings.host == address_of(name)
    assert [str(network) for network in settings.trusted_proxies] == [f"{address_of('proxy')}/32"]


def test_the_fixed_addresses_of_compose_are_taken_by_nobody_else() -> None:
    """The first one is the gateway's."""
    (pool,) = compose()["networks"]["front"]["ipam"]["config"]
    subnet, rest = map(ipaddress.ip_network, (pool["subnet"], pool["ip_range"]))
    fixed = [ipaddress.ip_address(address_of(name)) for name in ("proxy", *SERVERS)]
    assert len({*fixed, next(subnet.hosts())}) == 4
    assert [address for address in fixed if address not in subnet or address in rest] == []
    assert rest.network_address in subnet


def test_the_ports_of_kubernetes_agree() -> None:
    server = container("modelyard", "server")
    ports = {port["name"]: port["containerPort"] for port in server["ports"]}
    assert ports == {"http": Settings.from_env(VARIABLES["kubernetes modelyard"]).port}
    (service,) = manifest("Service", "modelyard")["spec"]["ports"]
    (way_in,) = manifest("NetworkPolicy", "server")["spec"]["ingress"]
    assert (ports[service["targetPort"]], [one["port"] for one in way_in["ports"]]) == (8000, [8000])
    (path,) = manifest("Ingress", "modelyard")["spec"]["rules"][0]["http"]["paths"]
    assert path["backend"]["service"] == {"name": "modelyard", "port": {"name": service["name"]}}
    for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
        assert server[probe]["httpGet"]["port"] in ports


def test_the_address_that_people_are_told_is_that_of_the_ingress() -> None:
    (rule,) = manifest("Ingress", "modelyard")["spec"]["rules"]
    assert Settings.from_env(VARIABLES["kubernetes modelyard"]).public_url == f"https://{rule['host']}"


def test_the_image_says_where_data_goes_and_others_mount_it() -> None:
    folder = VARIABLES["image"]["MODELYARD_DATA_DIR"]
    assert [rest for word, rest in instructions() if word == "VOLUME"] == [json.dumps([folder])]
    for name in SERVERS:
        mounts = [mount.partition(":")[0] for mount in compose()["services"][name]["tmpfs"]]
        assert mounts == [folder, "/tmp"]  # noqa: S108  # in the container
    mounted = {mount["mountPath"] for mount in container("modelyard", "server")["volumeMounts"]}
    assert mounted == {folder, "/tmp"}  # noqa: S108

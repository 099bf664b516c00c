"""The files of `deploy/` against the code, and against each other."""

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
    image = dict(re.findall(r"(\w+)=(\S+)", " ".join(rest for word, rest in stage("runtime") if word == "ENV")))
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
    assert settings.host == "127.0.0.1"
    check_start(settings)


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


def test_both_places_use_one_proxy() -> None:
    proxies = {image for where, image in images() if "nginx" in image}
    assert len(proxies) == 1


def test_the_ports_of_compose_agree() -> None:
    services = compose()["services"]
    proxy = services["proxy"]["environment"]
    servers = [f"127.0.0.1:{services[name]['environment']['MODELYARD_PORT']}" for name in SERVERS]
    assert [proxy["SERVER_ONE"], proxy["SERVER_TWO"]] == servers
    assert proxy["REGISTRY"] == proxy["LISTEN"]
    assert f"//{proxy['LISTEN']}/ready" in services["proxy"]["healthcheck"]["test"][-1]
    (published,) = services["front"]["ports"]
    assert f"{published.rpartition(':')[2]} ssl" == proxy["DOOR_LISTEN"]


def test_the_ports_of_kubernetes_agree() -> None:
    door = environment_of(container("modelyard", "door"))
    server = container("modelyard", "server")
    assert door["REGISTRY"] == f"127.0.0.1:{Settings().port}"
    (service,) = manifest("Service", "modelyard")["spec"]["ports"]
    (way_in,) = manifest("NetworkPolicy", "server")["spec"]["ingress"]
    assert str(service["targetPort"]) == str(way_in["ports"][0]["port"]) == door["DOOR_LISTEN"]
    ports = {port["name"]: str(port["containerPort"]) for port in container("modelyard", "door")["ports"]}
    assert ports == {"door": door["DOOR_LISTEN"], "probes": door["PROBES_LISTEN"]}
    (path,) = manifest("Ingress", "modelyard")["spec"]["rules"][0]["http"]["paths"]
    assert path["backend"]["service"] == {"name": "modelyard", "port": {"name": service["name"]}}
    for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
        assert str(server[probe]["httpGet"]["port"]) == door["PROBES_LISTEN"]


def test_the_image_says_where_data_goes_and_others_mount_it() -> None:
    folder = VARIABLES["image"]["MODELYARD_DATA_DIR"]
    assert [rest for word, rest in instructions() if word == "VOLUME"] == [json.dumps([folder])]
    for name in SERVERS:
        mounts = [mount.partition(":")[0] for mount in compose()["services"][name]["tmpfs"]]
        assert mounts == [folder, "/tmp"]  # noqa: S108  # in the container
    mounted = {mount["mountPath"] for mount in container("modelyard", "server")["volumeMounts"]}
    assert mounted == {folder, "/tmp"}  # noqa: S108

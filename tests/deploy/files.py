"""What `deploy/` holds, read as Docker, Compose, Kubernetes and nginx's image read it."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
BASE = DEPLOY / "kubernetes" / "base"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
IMAGE = f"modelyard:{PROJECT['version']}"

Document = dict[str, Any]
"""YAML, whose shape the schemas tell."""

GIVEN = {
    "POSTGRES_PASSWORD": "postgres-secret",
    "S3_ACCESS_KEY": "access",
    "S3_SECRET_KEY": "store-secret",
    "SECRET_KEY": "a key of at least 32 characters, yes",
}
"""What `.env` has to say, for tests."""

_VARIABLE = re.compile(r"\$\$|\$\{(?P<name>[A-Z0-9_]+)(?::(?P<kind>[-?])(?P<rest>[^}]*))?\}")


def instructions() -> list[tuple[str, str]]:
    """Each instruction of the Dockerfile, on one line, without comments."""
    text = re.sub(r"(?m)^#.*\n", "", (DEPLOY / "Dockerfile").read_text(encoding="utf-8"))
    lines = re.sub(r"\\\n\s*", "", text).splitlines()
    return [(word, rest.strip()) for word, _, rest in (line.strip().partition(" ") for line in lines) if word]


def stage(name: str) -> list[tuple[str, str]]:
    """The instructions of one stage, from its FROM on."""
    found: list[tuple[str, str]] = []
    is_within = False
    for word, rest in instructions():
        if word == "FROM":
            is_within = rest.endswith(f" AS {name}")
        if is_within:
            found.append((word, rest))
    return found


def environment_of_image(prefix: str = "") -> dict[str, str]:
    """The variables that the image sets."""
    pairs = re.findall(r"(\w+)=(\S+)", " ".join(rest for word, rest in stage("runtime") if word == "ENV"))
    return {name: value for name, value in pairs if name.startswith(prefix)}


def is_sent(path: str) -> bool:
    """Whether .dockerignore lets a file into the build: the last line that fits it, or a folder above it, decides."""
    places = [str(place) for place in (PurePosixPath(path), *PurePosixPath(path).parents)][:-1]
    is_in = True
    for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines():
        pattern = line.removeprefix("!").rstrip("/")
        if pattern and not line.startswith("#") and any(fnmatch(place, pattern) for place in places):
            is_in = line.startswith("!")
    return is_in


def compose_text() -> str:
    return (DEPLOY / "compose" / "compose.yaml").read_text(encoding="utf-8")


def variables_of(text: str) -> list[tuple[str, str, str]]:
    """Name, kind (`?` for required, `-` for a default) and message or default of each `${…}`."""
    return [(found["name"], found["kind"], found["rest"]) for found in _VARIABLE.finditer(text) if found["name"]]


def compose(given: Mapping[str, str] = GIVEN) -> Document:
    """The file with the variables filled in."""

    def fill_in(found: re.Match[str]) -> str:
        if found[0] == "$$":
            return "$"
        return given[found["name"]] if found["name"] in given else _default_of(found)

    document: Document = yaml.safe_load(_VARIABLE.sub(fill_in, compose_text()))
    return document


def _default_of(found: re.Match[str]) -> str:
    if found["kind"] != "-":
        raise KeyError(found["name"])
    return str(found["rest"])


def manifests() -> list[Document]:
    """All objects of Kubernetes, in the order of the kustomization."""
    texts = [(BASE / name).read_text(encoding="utf-8") for name in _read(BASE)["resources"] if name.endswith(".yaml")]
    return [document for text in texts for document in yaml.safe_load_all(text)]


def manifest(kind: str, name: str) -> Document:
    found = [one for one in manifests() if (one["kind"], one["metadata"]["name"]) == (kind, name)]
    assert len(found) == 1, (kind, name)
    return found[0]


def _read(folder: Path) -> Document:
    document: Document = yaml.safe_load((folder / "kustomization.yaml").read_text(encoding="utf-8"))
    return document


def kustomizations() -> dict[str, Document]:
    """Each kustomization by its folder below `deploy/`."""
    return {str(path.parent.relative_to(DEPLOY)): _read(path.parent) for path in DEPLOY.rglob("kustomization.yaml")}


def literals_of(name: str) -> dict[str, str]:
    """The ConfigMap that the base generates."""
    (found,) = [one for one in _read(BASE)["configMapGenerator"] if one["name"] == name]
    return dict(literal.split("=", 1) for literal in found["literals"])


def pods() -> dict[str, Document]:
    """The pod of each workload, by the workload's name: `metadata` and `spec`."""
    found: dict[str, Document] = {}
    for one in manifests():
        spec = one.get("spec", {})
        template = spec.get("jobTemplate", {}).get("spec", spec).get("template")
        if template:
            found[one["metadata"]["name"]] = template
    return found


def containers(pod: Document) -> list[Document]:
    return [*pod["spec"].get("initContainers", []), *pod["spec"]["containers"]]


def container(pod: str, name: str) -> Document:
    (found,) = [one for one in containers(pods()[pod]) if one["name"] == name]
    return found


def environment_of(one: Document) -> dict[str, str]:
    """The variables of a container of Kubernetes; those that come from secrets are made up."""
    variables: dict[str, str] = {}
    for source in one.get("envFrom", []):
        variables |= literals_of(source["configMapRef"]["name"])
    for variable in one.get("env", []):
        variables[variable["name"]] = variable.get("value", "postgresql://modelyard:secret@db.test:5432/modelyard")
    return variables


def images() -> Iterator[tuple[str, str]]:
    """Where an image is named, and its name."""
    for word, rest in instructions():
        if word == "ARG" and rest.startswith("PYTHON_IMAGE="):
            yield "Dockerfile", rest.partition("=")[2]
    for service, settings in compose()["services"].items():
        yield f"compose {service}", settings["image"]
    for workload, pod in pods().items():
        for one in containers(pod):
            yield f"kubernetes {workload} {one['name']}", one["image"]

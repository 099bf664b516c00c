"""The proxy of `deploy/compose` on loopback: nginx with its files, filled in as nginx's image does it."""

import contextlib
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.deploy.files import DEPLOY
from tests.deploy.stack import SERVICES, Stack
from tests.servers.nginx import running_nginx


def program(name: str) -> str:
    """Skips where it is missing, and says so."""
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed, so the proxy cannot be tried here")
    return found


def certificate_of(stack: Stack) -> Path:
    """What callers of the proxy trust."""
    return stack.folder / "tls" / "server.crt"


@contextlib.contextmanager
def proxy_of(stack: Stack) -> Iterator[None]:
    """nginx before the servers of a stack."""
    folder = certificate_of(stack).parent
    folder.mkdir()
    _make_certificate(folder)
    sources = {
        Path(mount["target"]).name.removesuffix(".conf.template"): DEPLOY / "compose" / mount["source"]
        for mount in SERVICES["proxy"]["volumes"]
        if mount["target"].startswith("/etc/nginx/templates/")
    }
    variables = stack.variables("proxy")
    texts = {name: _filled_in(path.read_text(encoding="utf-8"), variables) for name, path in sources.items()}
    assert set(texts) == {"registry", "tls"}
    files = {name: text.replace("/etc/nginx/tls", str(folder)) for name, text in texts.items()}
    with running_nginx(program("nginx"), stack.folder / "proxy", files, int(stack.placed("8443"))):
        yield


def _make_certificate(folder: Path) -> None:
    """One that signs itself."""
    command = (
        *(program("openssl"), "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"),
        *("-subj", "/CN=registry.test", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "1"),
        *("-keyout", str(folder / "server.key"), "-out", str(folder / "server.crt")),
    )
    subprocess.run(command, check=True, capture_output=True)


def _filled_in(template: str, variables: Mapping[str, str]) -> str:
    """The template as envsubst leaves it: only variables that the filter names are replaced."""
    allowed = re.compile(variables["NGINX_ENVSUBST_FILTER"])
    names = "|".join(name for name in variables if allowed.search(name))
    return re.sub(rf"\$(?:\{{({names})\}}|({names})\b)", lambda found: variables[found[1] or found[2]], template)

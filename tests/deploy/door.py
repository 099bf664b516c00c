"""nginx with the files of `deploy/nginx`, filled in as nginx's image does it, on loopback."""

import contextlib
import os
import pwd
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.deploy.files import DEPLOY

PATIENCE_SECONDS = 30.0
_MAIN = """\
{user}
daemon off;
pid {folder}/nginx.pid;
events {{ worker_connections 256; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/conf.d/*.conf;
}}
"""


def program(name: str) -> str:
    """Skips where it is missing, and says so."""
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed, so the door cannot be tried here")
    return found


def filled_in(template: str, variables: Mapping[str, str]) -> str:
    """The template as envsubst leaves it: only variables that the filter names are replaced."""
    allowed = re.compile(variables["NGINX_ENVSUBST_FILTER"])
    names = "|".join(name for name in variables if allowed.search(name))
    return re.sub(rf"\$(?:\{{({names})\}}|({names})\b)", lambda found: variables[found[1] or found[2]], template)


def add_user(folder: Path, name: str) -> str:
    """Runs the script that the page names; the password."""
    command = ("sh", str(DEPLOY / "nginx" / "add-user.sh"), str(folder / "htpasswd"), name)
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def make_certificate(folder: Path, name: str) -> None:
    """A certificate that signs itself, beside the passwords."""
    command = (
        *(program("openssl"), "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"),
        *("-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name}", "-days", "1"),
        *("-keyout", str(folder / "server.key"), "-out", str(folder / "server.crt")),
    )
    subprocess.run(command, check=True, capture_output=True)


@contextlib.contextmanager
def nginx(folder: Path, templates: Mapping[str, Path], variables: Mapping[str, str], port: int) -> Iterator[None]:
    """nginx from its first taken connection on `port` on. The door's own files are those in `folder / "door"`."""
    configurations = folder / "conf.d"
    configurations.mkdir()
    for name, path in templates.items():
        text = filled_in(path.read_text(encoding="utf-8"), variables)
        (configurations / f"{name}.conf").write_text(text.replace("/etc/nginx/door", str(folder / "door")), "utf-8")
    user = f"user {pwd.getpwuid(0).pw_name};" if os.geteuid() == 0 else ""
    main = folder / "nginx.conf"
    main.write_text(_MAIN.format(user=user, folder=folder), encoding="utf-8")
    command = (program("nginx"), "-p", str(folder), "-c", str(main), "-e", "stderr")
    tried = subprocess.run((*command, "-t"), capture_output=True, text=True, check=False)
    assert tried.returncode == 0, tried.stderr
    process = subprocess.Popen(command)
    try:
        _await(process, port)
        yield
    finally:
        process.terminate()
        process.wait(PATIENCE_SECONDS)


def _await(process: "subprocess.Popen[bytes]", port: int) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_SECONDS).close()
            return
        time.sleep(0.02)
    raise AssertionError("nginx does not take connections")

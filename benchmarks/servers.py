"""Modelyard and nginx as processes of their own, on 127.0.0.1 and free ports."""

import os
import pwd
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

from benchmarks import processes

ROOT = Path(__file__).parents[1]
PLAIN = ("-m", "modelyard", "serve")
WITH_EMPTY_ENDPOINT = ("-m", "benchmarks.empty_endpoint", "serve")
EMPTY_PATH = "/empty"
FOUND_FIRST_PATH = "/empty/found-first"
ANEW = "/anew"

_PATIENCE_SECONDS = 60
_NGINX = """\
{user}
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log stderr;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    sendfile on;
    tcp_nopush on;
    default_type application/octet-stream;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port};
        root {folder};
    }}
}}
"""


class CannotServe(Exception):
    """A server did not come up; the message holds what it said."""


@dataclass(frozen=True, slots=True)
class Server:
    """A server that answers."""

    pid: int
    port: int


@contextmanager
def modelyard(
    folder: Path,
    program: tuple[str, ...] = PLAIN,
    variables: Mapping[str, str] | None = None,
    under: tuple[str, ...] = (),
) -> Iterator[Server]:
    """The registry on a data folder, made where it is missing, from its first answer to /ready on.

    `variables` are settings beside those of the command line; `under` is a tool that runs the program in itself.

    Raises:
        CannotServe: It ended, or is not ready in a minute.
    """
    folder.mkdir(exist_ok=True)
    where = ("--host", "127.0.0.1", "--port", "0", "--data-dir", str(folder / "data"))
    command = (*under, sys.executable, *program, *where)
    search_path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    environment = {"PYTHONPATH": search_path, **(variables or {})}
    process = processes.begin(command, folder, environment, has_announcement=True)
    try:
        assert process.stdout is not None  # noqa: S101  # a pipe, as begin makes it
        announcement = process.stdout.readline().decode()
        found = re.match(r"Modelyard listens on http://\S+:(\d+) ", announcement)
        if found is None:
            raise CannotServe(announcement + (folder / "log").read_text(encoding="utf-8"))
        wait_until_ready(process, int(found[1]), "/ready", folder)
        yield Server(process.pid, int(found[1]))
    finally:
        processes.end(process)


@contextmanager
def nginx(folder: Path) -> Iterator[Server]:
    """Nginx with sendfile, serving the files of a folder.

    Raises:
        CannotServe: It ended, or does not answer in a minute.
    """
    port = free_port()
    user = f"user {pwd.getpwuid(0).pw_name};" if os.geteuid() == 0 else ""
    settings = folder / "nginx.conf"
    settings.write_text(_NGINX.format(user=user, folder=folder, port=port), encoding="utf-8")
    program = shutil.which("nginx") or "nginx"
    process = processes.begin((program, "-p", str(folder), "-c", str(settings), "-e", "stderr"), folder, {})
    try:
        wait_until_ready(process, port, "/nginx.conf", folder)
        yield Server(process.pid, port)
    finally:
        processes.end(process)


def has_nginx() -> bool:
    """Whether nginx is there; Debian has it as a package, outside of a person's PATH."""
    return shutil.which("nginx") is not None


def free_port() -> int:
    """A port that is free now, for programs that cannot choose one and say which."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until_ready(process: subprocess.Popen[bytes], port: int, path: str, folder: Path) -> None:
    """Return with the first answer of 200; the server's socket may take connections long before it.

    Raises:
        CannotServe: The process ended, or a minute has passed.
    """
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        client = HTTPConnection("127.0.0.1", port, timeout=_PATIENCE_SECONDS)
        try:
            client.request("GET", path)
            if client.getresponse().status == 200:
                return
        except OSError:
            time.sleep(0.005)
        finally:
            client.close()
    raise CannotServe((folder / "log").read_text(encoding="utf-8"))

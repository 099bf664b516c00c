"""nginx in front of servers, with the very configuration that `deploy/` ships."""

import contextlib
import os
import pwd
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.servers.seaweedfs import free_ports

SITE = Path(__file__).parents[2] / "deploy" / "compose" / "nginx.conf"
PROXY = "127.0.0.2"
"""What nginx calls servers from, so that they can tell it from those who call them directly."""
PATIENCE_SECONDS = 30.0
_MAIN = """\
{user}
daemon off;
worker_processes 2;
pid {folder}/nginx.pid;
error_log {folder}/error.log warn;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    proxy_bind {proxy};
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/conf.d/*.conf;
}}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Nginx:
    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@contextlib.contextmanager
def nginx_before(ports: Sequence[int], parent: Path) -> Iterator[Nginx | None]:
    """nginx from its first taken connection on; nothing where it is not installed."""
    program = shutil.which("nginx")
    if program is None:
        yield None
        return
    nginx = Nginx(port=free_ports(1)[0])
    one, two = (f"127.0.0.1:{port}" for port in ports)
    site = SITE.read_text(encoding="utf-8")
    for name, value in {"LISTEN": f"127.0.0.1:{nginx.port}", "SERVER_ONE": one, "SERVER_TWO": two}.items():
        site = site.replace(f"${{{name}}}", value)
    with running_nginx(program, parent / "nginx", {"site": site}, nginx.port):
        yield nginx


@contextlib.contextmanager
def running_nginx(program: str, folder: Path, files: Mapping[str, str], port: int) -> Iterator[None]:
    """nginx with these files in `http { … }`, from its first taken connection on `port` on."""
    configurations = folder / "conf.d"
    configurations.mkdir(parents=True)
    for name, text in files.items():
        (configurations / f"{name}.conf").write_text(text, encoding="utf-8")
    user = f"user {pwd.getpwuid(0).pw_name};" if os.geteuid() == 0 else ""
    main = folder / "nginx.conf"
    main.write_text(_MAIN.format(user=user, folder=folder, proxy=PROXY), encoding="utf-8")
    process = subprocess.Popen((program, "-p", str(folder), "-c", str(main), "-e", "stderr"))
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

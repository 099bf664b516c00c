"""A server that answers what a test has written down, one answer after the other, and keeps what it was asked."""

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True, slots=True)
class Scripted:
    """One answer; a status of 0 closes the connection without any."""

    status: int = 200
    body: object = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)

    def content(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


@dataclass(frozen=True, slots=True)
class Asked:
    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(slots=True)
class ScriptedServer:
    url: str
    answers: list[Scripted] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    script: ScriptedServer

    def answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.script.asked.append(Asked(self.command, self.path, headers, body))
        said = self.script.answers.pop(0) if len(self.script.answers) > 1 else self.script.answers[0]
        if not said.status:
            self.close_connection = True
            return
        content = said.content()
        self.send_response(said.status)
        for name, value in said.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_PUT = do_DELETE = answer  # noqa: N815 - the names that the library calls

    def log_message(self, format: str, *args: object) -> None:
        """Tests read what was asked, not logs."""


@contextmanager
def scripted(*answers: Scripted) -> Iterator[ScriptedServer]:
    """Answers in this order; the last one again and again."""
    script = ScriptedServer("", list(answers))
    with ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"script": script})) as listening:
        script.url = f"http://127.0.0.1:{listening.server_port}"
        thread = threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield script
        finally:
            listening.shutdown()
            thread.join()


def problem(code: str, status: int, **members: object) -> Scripted:
    """An error, as the registry answers it."""
    document = {"type": f"urn:modelyard:error:{code}", "title": "A title", "status": status, "detail": "so it is"}
    return Scripted(status, document | members, {"X-Request-Id": "request-7"})

"""How commands end: exit codes, Ctrl-C, readers that leave, questions."""

import http.server
import json
import os
import pty
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from modelyard.cli import exit_codes
from modelyard.client.registry import Registry
from tests.cli.program import PATIENCE_SECONDS, Ended, Inside, Program


class _NoRegistry(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(404)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def other_server() -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _NoRegistry) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@pytest.mark.parametrize(
    ("line", "code", "message", "hint"),
    [
        ("show {}", 0, "", ""),
        ("tag {} long=" + "x" * 10_000, exit_codes.FAILED, "at most 5000 characters", ""),
        ("search metric.auc>", exit_codes.FAILED, "value", ""),
        ("promote nonsense staging", exit_codes.MISUSED, "'nonsense' names no version", "model@alias"),
        ("alias rm {}:2", exit_codes.MISUSED, "names no alias", "model@alias"),
        ("metrics log {}:1 auc=high", exit_codes.MISUSED, "could not convert", ""),
        ("metrics log {}:1 auc", exit_codes.MISUSED, "name=value", ""),
        ("request {}:3 staging --expires tomorrow", exit_codes.MISUSED, "no moment", "2026-12-24T12:00:00Z"),
        ("ls --colour", exit_codes.MISUSED, "No such option", ""),
        ("ls --profile elsewhere", exit_codes.MISUSED, "no profile 'elsewhere'", "modelyard login"),
        ("ls --url ftp://somewhere", exit_codes.MISUSED, "no address", "http://"),
        ("shwo {}", exit_codes.MISUSED, "Did you mean", ""),
        ("show nothing-here", exit_codes.NOT_FOUND, "there is no model 'nothing-here'", ""),
        ("show {}:99", exit_codes.NOT_FOUND, "99", ""),
        ("approve {} 12345", exit_codes.NOT_FOUND, "12345", ""),
        ("promote {}:3 production", exit_codes.CONFLICT, "draft cannot go to production", "staging first"),
        ("promote {}:2 production --from-stage draft", exit_codes.CONFLICT, "staging", ""),
        ("metrics log {}:1 auc@holdout=0.1", exit_codes.CONFLICT, "auc", "step"),
        ("alias set {}:1 next --new", exit_codes.CONFLICT, "exists already", ""),
        ("delete {}:1 --yes", exit_codes.CONFLICT, "production", ""),
        ("policy set {} missing.yaml", exit_codes.FAILED, "missing.yaml", ""),
    ],
)
def test_each_ending_has_its_code_and_says_what_to_do(
    inside: Inside, churn: str, line: str, code: int, message: str, hint: str
) -> None:
    ended = inside(*line.format(churn).split())
    assert (ended.code, "Traceback" in ended.err) == (code, False), ended.err
    assert message in ended.err
    assert hint in ended.err
    if code:
        assert ended.out == ""


def test_a_registry_that_is_not_there_ends_with_its_code_soon(inside: Inside) -> None:
    ended = inside("ls", MODELYARD_URL=f"http://127.0.0.1:{closed_port()}")
    assert ended.code == exit_codes.UNREACHABLE
    assert "Connection refused" in ended.err
    assert "MODELYARD_URL" in ended.err


def test_something_else_that_answers_ends_with_the_same_code(inside: Inside, other_server: str) -> None:
    ended = inside("ls", "--url", other_server)
    assert ended.code == exit_codes.UNREACHABLE
    assert "Check the address" in ended.err


def test_a_gate_that_fails_tells_what_each_gate_saw(inside: Inside, registry: Registry, churn: str) -> None:
    gates = [{"name": "good enough", "expression": "metric.auc@holdout >= 0.99"}]
    registry.model(churn).set_policy({"gates": {"production": gates}})
    ended = inside("promote", f"{churn}:2", "production")
    assert ended.code == exit_codes.CONFLICT
    assert "failed: good enough: metric.auc@holdout >= 0.99 (metric.auc@holdout=0.95)" in ended.err
    planned = inside("promote", f"{churn}:2", "production", "--dry-run")
    assert planned.code == exit_codes.CONFLICT
    assert "would not go from staging to production" in planned.out
    assert "failed: good enough" in planned.out


def test_the_process_ends_with_the_code_and_keeps_the_output_free_of_errors(cli: Program) -> None:
    ended = cli("show", "nothing-here", "--json")
    assert (ended.code, ended.out) == (exit_codes.NOT_FOUND, "")
    assert ended.err == "modelyard: there is no model 'nothing-here'\n"


@contextmanager
def started(cli: Program, *arguments: str) -> Iterator["subprocess.Popen[str]"]:
    """Killed where a test fails before it ends. Ctrl-C reaches it also in a background job of a shell."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with subprocess.Popen(
        (sys.executable, "-m", "modelyard", *arguments),
        cwd=cli.folder,
        env=cli.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def test_ctrl_c_ends_what_is_followed_with_a_sentence(cli: Program, churn: str) -> None:
    with started(cli, "events", churn, "--follow", "--after", "0") as process:
        assert process.stdout is not None
        assert "model.created" in process.stdout.readline()
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=PATIENCE_SECONDS)
    assert (process.returncode, errors) == (exit_codes.INTERRUPTED, "modelyard: interrupted\n")


@pytest.mark.parametrize("form", ["table", "json", "csv", "yaml"])
def test_a_reader_that_leaves_is_no_error(cli: Program, registry: Registry, churn: str, form: str) -> None:
    registry.model(churn).log_metrics(1, {f"m{number:05}": 0.5 for number in range(3000)})
    with started(cli, "metrics", "ls", f"{churn}:1", "-o", form) as process:
        assert process.stdout is not None
        assert process.stdout.readline()
        process.stdout.close()
        assert process.stderr is not None
        errors = process.stderr.read()
        process.wait(PATIENCE_SECONDS)
    assert (process.returncode, errors) == (0, "")


def test_without_a_terminal_to_ask_at_nothing_is_lost(inside: Inside, registry: Registry, churn: str) -> None:
    for line in (f"delete {churn}", f"delete {churn}:3", f"alias rm {churn}@next", f"policy rm {churn}"):
        ended = inside(*line.split())
        assert (ended.code, ended.out) == (exit_codes.MISUSED, "")
        assert "say --yes" in ended.err
    assert len(list(registry.model(churn).versions())) == 3
    assert registry.model(churn).version("@next").number == 2


def at_a_terminal(
    cli: Program, *arguments: str, typed: str = "", prompt: str = "", rows: int = 50, **variables: str
) -> Ended:
    """The same with a terminal for input, output and errors, at which somebody types, when a prompt has been seen."""
    leader, follower = pty.openpty()
    environment = {**cli.environment(), "TERM": "xterm", "LINES": str(rows), **variables}
    with subprocess.Popen(
        (sys.executable, "-m", "modelyard", *arguments),
        cwd=cli.folder,
        env=environment,
        stdin=follower,
        stdout=follower,
        stderr=follower,
        start_new_session=True,
    ) as process:
        os.close(follower)
        seen, is_typed = b"", False
        with suppress(OSError):  # Linux says EIO when the other side is closed
            while True:
                if not is_typed and prompt.encode() in seen:
                    os.write(leader, typed.encode())
                    is_typed = True
                seen += os.read(leader, 65536)
        os.close(leader)
        process.wait(PATIENCE_SECONDS)
    return Ended(code=process.returncode, out=seen.decode(), err="")


def test_at_a_terminal_it_asks_and_no_is_no(cli: Program, registry: Registry, churn: str) -> None:
    refused = at_a_terminal(cli, "delete", f"{churn}:3", typed="n\n")
    assert refused.code == exit_codes.FAILED
    assert f"Delete {churn}:3 (1 B)? [y/N]" in refused.out
    assert "nothing was done" in refused.out
    agreed = at_a_terminal(cli, "delete", f"{churn}:3", typed="y\n")
    assert agreed.code == 0
    assert [version.number for version in registry.model(churn).versions()] == [2, 1]


def test_colours_are_for_terminals_that_want_them(cli: Program, churn: str) -> None:
    assert "\x1b[32mproduction" in at_a_terminal(cli, "ls", churn).out
    assert "\x1b" not in at_a_terminal(cli, "ls", churn, NO_COLOR="1").out
    assert "\x1b" not in cli("ls", churn).said()


def test_a_table_at_a_terminal_is_no_wider_than_it(cli: Program, registry: Registry, churn: str) -> None:
    registry.model(churn).update_version(3, description="long " * 200)
    seen = at_a_terminal(cli, "ls", churn, NO_COLOR="1", COLUMNS="60").out
    assert max(len(line) for line in seen.splitlines()) <= 60


def test_what_is_longer_than_the_terminal_goes_through_the_pager(cli: Program, churn: str) -> None:
    seen = at_a_terminal(cli, "ls", churn, rows=3, PAGER="sed 's/^/paged: /'")
    assert len([line for line in seen.out.splitlines() if line.startswith("paged: ")]) == 4
    assert "paged" not in at_a_terminal(cli, "ls", churn, rows=50, PAGER="sed 's/^/paged: /'").out
    assert churn in at_a_terminal(cli, "ls", churn, rows=3, PAGER="no-such-pager 2>/dev/null").out


def test_events_are_followed_as_they_happen(cli: Program, registry: Registry, churn: str) -> None:
    last = next(registry.model(churn).events(limit=1)).sequence
    with started(cli, "events", churn, "--follow", "--after", str(last), "--json") as process:
        registry.model(churn).update(tags={"seen": "yes"})
        assert process.stdout is not None
        assert '"action": "model.updated"' in process.stdout.readline()
        begun = time.monotonic()
        registry.model(churn).promote(3, "staging")
        assert '"action": "version.stage_changed"' in process.stdout.readline()
        assert time.monotonic() - begun < PATIENCE_SECONDS / 2
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=PATIENCE_SECONDS)


def test_a_login_at_a_terminal_asks_for_the_token_and_does_not_show_it(
    cli: Program, registry_url: str, tmp_path: Path
) -> None:
    seen = at_a_terminal(cli, "login", registry_url, typed="not-to-be-seen\n", prompt="none): ")
    assert (seen.code, "not-to-be-seen" in seen.out) == (0, False), seen.out
    kept = tmp_path / "profiles.json"
    assert json.loads(kept.read_text(encoding="utf-8"))["default"]["token"] == "not-to-be-seen"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600


def test_a_transfer_shows_how_far_it_is_at_a_terminal_and_nowhere_else(cli: Program, churn: str) -> None:
    (cli.folder / "weights.bin").write_bytes(os.urandom(24 << 20))
    shown = at_a_terminal(cli, "push", churn, "weights.bin").out
    assert "25.2/25.2 MB" in shown
    assert "MB/s" in shown
    (cli.folder / "weights.bin").write_bytes(os.urandom(1 << 20))
    assert "MB/s" not in cli("push", churn, "weights.bin").err

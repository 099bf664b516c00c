"""Signing in from a terminal: by a browser, or by what a platform says of a job."""

import json
import os
import pty
import re
import select
import stat
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from tests.cli.conftest import JOB, url_of
from tests.cli.program import PATIENCE_SECONDS, Program
from tests.servers.openid import LyingProvider


@pytest.fixture
def cli(tmp_path: Path) -> Program:
    return Program(folder=tmp_path)


def profile_of(cli: Program) -> dict[str, str]:
    path = cli.folder / "profiles.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    kept: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))["default"]
    return kept


def allow(administrator: httpx.Client, told: str, decision: str = "allow") -> None:
    [code] = set(re.findall(r"[A-Z]{4}-[A-Z]{4}", told))
    assert f"Open {url_of(administrator)}/device?code={code}" in told
    page = administrator.get("/device", params={"code": code})
    assert "modelyard on " in page.text
    form = {"code": code, "decision": decision}
    headers = {"Sec-Fetch-Site": "same-origin"}
    assert administrator.post("/device", data=form, headers=headers).status_code == 303


def begun(cli: Program, *arguments: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        (sys.executable, "-m", "modelyard", "login", *arguments),
        cwd=cli.folder,
        env=cli.environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_a_browser_allows_a_program_that_shows_a_code(cli: Program, administrator: httpx.Client) -> None:
    url = url_of(administrator)
    process = begun(cli, url, "--browser", "--scopes", "read")
    assert process.stderr is not None
    allow(administrator, process.stderr.readline() + process.stderr.readline())
    output, errors = process.communicate(timeout=PATIENCE_SECONDS)
    assert (process.returncode, errors) == (0, "")
    assert f"{url} answers. Kept as profile default" in output
    assert profile_of(cli)["url"] == url
    assert cli("ls", "--json").json() == []
    assert cli("tag", "churn", "team=risk").code != 0


def test_who_is_refused_is_told_so_and_nothing_is_kept(cli: Program, administrator: httpx.Client) -> None:
    process = begun(cli, url_of(administrator), "--browser")
    assert process.stderr is not None
    allow(administrator, process.stderr.readline() + process.stderr.readline(), "refuse")
    output, errors = process.communicate(timeout=PATIENCE_SECONDS)
    assert (process.returncode, output) == (1, "")
    assert "somebody said that it is not to be let in" in errors
    assert not (cli.folder / "profiles.json").exists()


def test_a_terminal_where_no_token_is_typed_leads_to_the_browser(cli: Program, administrator: httpx.Client) -> None:
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        (sys.executable, "-m", "modelyard", "login", url_of(administrator)),
        cwd=cli.folder,
        env=cli.environment(),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    try:
        read_until(ours, "or none): ")
        os.write(ours, b"\n")
        allow(administrator, read_until(ours, "compare the code: ....-...."))
        assert process.wait(PATIENCE_SECONDS) == 0
    finally:
        os.close(ours)
    assert profile_of(cli)["token"].startswith("mdy_")


def read_until(terminal: int, pattern: str) -> str:
    text, end = "", time.monotonic() + PATIENCE_SECONDS
    while not re.search(pattern.replace(")", r"\)"), text):
        assert time.monotonic() < end, text
        if select.select([terminal], [], [], 0.1)[0]:
            text += os.read(terminal, 4096).decode()
    return text


def test_without_a_terminal_nobody_is_asked(cli: Program, administrator: httpx.Client) -> None:
    ended = cli("login", url_of(administrator))
    assert ended.code == 1
    assert "Traceback" not in ended.err
    assert not (cli.folder / "profiles.json").exists()


def test_a_job_exchanges_what_its_platform_says_of_it(
    cli: Program, administrator: httpx.Client, liar: LyingProvider
) -> None:
    api = "/api/v1"
    for name in ("nightly", "weekly"):
        assert administrator.post(f"{api}/accounts", json={"name": name, "kind": "service"}).status_code == 201
        grant = {"subject": f"account:{name}", "models": "*", "role": "contributor"}
        assert administrator.post(f"{api}/grants", json=grant).status_code == 201
        rule = {"account": name, "issuer": liar.address, "audience": "modelyard", "subject": JOB, "scopes": ["write"]}
        assert administrator.post(f"{api}/workload-identities", json=rule).status_code == 201
    token = liar.token({"client_id": "modelyard", "nonce": ""})
    refused = cli("login", url_of(administrator), "--with-identity-token", stdin=token)
    assert refused.code == 1
    assert "several services" in refused.err
    assert "Name one" in refused.err
    kept = cli("login", url_of(administrator), "--with-identity-token", "--service", "nightly", stdin=token)
    assert kept.code == 0, kept.err
    (cli.folder / "weights.bin").write_bytes(b"weights")
    assert cli("push", "nightly-model", "weights.bin", "--json").json()["created_by"] == "nightly"
    assert cli("login", url_of(administrator), "--with-identity-token", stdin="wrong").code == 1
    assert cli("login", url_of(administrator), "--with-identity-token", stdin="").code == 2

"""Secrets that went through every route stand in no answer, log, event, count, database or backup."""

import base64
import contextlib
import http.client
import json
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from email.message import Message
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from modelyard.domain.access.token import new_secret
from modelyard.presentation.api.oauth.schemas import DEVICE_CODE, SUBJECT_TOKEN_TYPES, TOKEN_EXCHANGE
from tests.api.test_hostile_addresses import GOOD
from tests.integration.live_server import PATIENCE_SECONDS
from tests.integration.server_process import REAL, ServerProcess, run_to_end, running
from tests.servers.openid import LyingProvider, lying_provider

PASSWORD = "canary of seven green bicycles"
WRONG_PASSWORD = "canary that opens nothing"
WRONG_CODE = "WDJB-MJHT"
FORM = "application/x-www-form-urlencoded"


@dataclass(slots=True)
class Scene:
    """A registry under its administrator's token; what was answered, but for what shows a new secret once."""

    server: ServerProcess
    token: str
    liar: LyingProvider
    answers: list[bytes] = field(default_factory=list)
    log: list[str] = field(default_factory=list)

    def call(self, method: str, path: str, body: bytes | None = None, **headers: str) -> tuple[int, Message, bytes]:
        client = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=PATIENCE_SECONDS)
        with contextlib.closing(client):
            client.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
            answer = client.getresponse()
            if answer.headers["content-type"] == "text/event-stream":
                return answer.status, answer.headers, b""
            return answer.status, answer.headers, answer.read()

    def made(self, path: str, document: object, method: str = "POST") -> dict[str, str]:
        body = json.dumps(document).encode()
        status, _, answer = self.call(
            method, f"/api/v1{path}", body, Authorization=f"Bearer {self.token}", Content_Type="application/json"
        )
        assert status in {200, 201, 204}, answer
        return dict(json.loads(answer)) if answer else {}

    def form(self, path: str, fields: Mapping[str, str], **headers: str) -> tuple[int, Message, bytes]:
        return self.call("POST", path, urlencode(fields).encode(), **headers, Content_Type=FORM)

    def keep(self, method: str, path: str, body: bytes | None = None, **headers: str) -> int:
        status, head, answer = self.call(method, path, body, **headers)
        self.answers += [answer, repr(list(head.items())).encode()]
        return status


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    variables = {"MODELYARD_AUTH": "tokens", "MODELYARD_LOG_LEVEL": "debug", "MODELYARD_RATE_OF_FAILURES": "none"}
    variables["MODELYARD_WEBHOOK_TIMEOUT_SECONDS"] = "0.2"
    with (
        lying_provider() as liar,
        running(
            REAL, tmp_path / "data", MODELYARD_LOG_FORMAT="json", MODELYARD_WORKLOAD_ISSUERS=liar.address, **variables
        ) as server,
    ):
        made = Scene(server, server.first_token(), liar)
        assert server.process.stderr is not None
        # Read as it comes: a pipe that is full would hold up the server.
        reader = threading.Thread(target=made.log.extend, args=(server.process.stderr,))
        reader.start()
        yield made
        server.process.kill()
        reader.join(PATIENCE_SECONDS)


def secrets_of(scene: Scene) -> dict[str, str]:
    """One of each kind, in use."""
    scene.made("/accounts", {"name": "ana"})
    scene.made("/grants", {"subject": "account:ana", "models": "*", "role": "admin"})
    scene.made("/accounts/ana/password", {"password": PASSWORD}, "PUT")
    token = scene.made("/tokens", {"name": "t", "account": "ana", "scopes": ["admin"]})["token"]
    hook = scene.made("/webhooks", {"url": "https://receiver.invalid/canary-of-the-address"})
    scene.made("/models", {"name": "churn"})
    form = {"account": "ana", "password": PASSWORD}
    status, head, _ = scene.form("/sign-in", form, Sec_Fetch_Site="same-origin")
    assert status == 303
    session = head["set-cookie"].partition(";")[0].partition("=")[2]
    return {
        "administrator's token": scene.token,
        "token": token,
        "session": session,
        "password": PASSWORD,
        "secret of a webhook": hook["secret"],
        "key of a webhook": hook["secret"].removeprefix("whsec_"),
        "wrong token": new_secret().text,
        "wrong password": WRONG_PASSWORD,
        **secrets_of_a_device(scene, session),
        **secrets_of_a_workload(scene),
    }


def secrets_of_a_device(scene: Scene, session: str) -> dict[str, str]:
    """Codes and token of a program that ana has allowed, after she typed a wrong one."""
    _, _, answer = scene.form("/api/v1/oauth/device_authorization", {"client_id": "a program"})
    codes = json.loads(answer)
    browser: dict[str, Any] = {"Cookie": f"modelyard_session={session}", "Sec_Fetch_Site": "same-origin"}
    assert scene.keep("GET", f"/device?code={WRONG_CODE}", **browser) == 401
    assert scene.call("GET", f"/device?code={codes['user_code']}", **browser)[0] == 200
    assert scene.form("/device", {"code": codes["user_code"], "decision": "allow"}, **browser)[0] == 303
    grant = {"grant_type": DEVICE_CODE, "device_code": codes["device_code"]}
    given = json.loads(scene.form("/api/v1/oauth/token", grant)[2])
    scene.keep("POST", "/api/v1/oauth/token", urlencode(grant).encode(), Content_Type=FORM)
    return {
        "device code": codes["device_code"],
        "user code": codes["user_code"],
        "token by a browser": given["access_token"],
    }


def secrets_of_a_workload(scene: Scene) -> dict[str, str]:
    """What the platform said of a job, its token, and one that nobody believes."""
    scene.made("/accounts", {"name": "job", "kind": "service"})
    rule = {"account": "job", "issuer": scene.liar.address, "audience": "modelyard", "subject": "s-1"}
    scene.made("/workload-identities", {**rule, "scopes": ["read"]})
    honest = scene.liar.token({"client_id": "modelyard", "nonce": ""})
    wrong = f"{honest.rpartition('.')[0]}.{'canary' * 8}"
    grant = {"grant_type": TOKEN_EXCHANGE, "subject_token_type": SUBJECT_TOKEN_TYPES[0]}
    form = urlencode({**grant, "subject_token": wrong}).encode()
    assert scene.keep("POST", "/api/v1/oauth/token", form, Content_Type=FORM) == 400
    given = json.loads(scene.form("/api/v1/oauth/token", {**grant, "subject_token": honest})[2])
    return {
        "identity token": honest,
        "wrong identity token": wrong,
        "signature of an identity token": honest.rpartition(".")[2],
        "exchanged token": given["access_token"],
    }


def walk(scene: Scene, secrets: Mapping[str, str]) -> int:
    """Every route but those that take away what the others need, with each secret where one is sent."""
    _, _, text = scene.call("GET", "/openapi.json")
    tried = 0
    for path, operations in json.loads(text)["paths"].items():
        address = path.format(**GOOD | {"grant_id": "999", "token_id": "999", "account": "bob"})
        for method in operations:
            for headers in (
                {"Authorization": f"Bearer {secrets['token']}"},
                {"Authorization": f"Bearer {secrets['wrong token']}"},
                {"Cookie": f"modelyard_session={secrets['session']}", "Sec_Fetch_Site": "same-origin"},
            ):
                scene.keep(method.upper(), address, b"{", Content_Type="application/json", **headers)
                tried += 1
    return tried


def send_passwords(scene: Scene, secrets: Mapping[str, str]) -> None:
    """A right one and a wrong one, in requests that are refused."""
    token = f"Bearer {secrets['token']}"
    for password in (PASSWORD, WRONG_PASSWORD):
        form = urlencode({"account": "ana", "password": password}).encode()
        scene.keep("POST", "/sign-in", form + b"&x", Content_Type=FORM, Sec_Fetch_Site="same-origin")
        body = json.dumps({"password": password, "current": password, "unknown": 1}).encode()
        for path in ("/api/v1/me/password", "/api/v1/accounts/ana/password"):
            for sent in (body, body[:-1]):
                scene.keep("PUT", path, sent, Authorization=token, Content_Type="application/json")


def test_secrets_stand_nowhere_in_plain_text(scene: Scene, tmp_path: Path) -> None:
    secrets = secrets_of(scene)
    assert walk(scene, secrets) > 200
    send_passwords(scene, secrets)
    told = {"Authorization": f"Bearer {scene.token}", "Accept": "text/html, application/json"}
    for path in ("/events?limit=500", "/tokens?account=*", "/webhooks", "/accounts"):
        assert scene.keep("GET", f"/api/v1{path}", None, **told) == 200
    for path in ("/", "/metrics"):
        assert scene.keep("GET", path, None, **told) == 200
    status, _ = run_to_end(("modelyard", "backup", str(tmp_path / "backup")), tmp_path / "data")
    assert status == 0
    scene.server.process.terminate()
    assert scene.server.process.wait(PATIENCE_SECONDS) == 0
    log = "".join(scene.log)
    assert log.count("modelyard.access") > 200
    places = {"answers": b"\n".join(scene.answers), "log": log.encode(), **files_below(tmp_path)}
    assert {"data/registry.db", "data/secret.key"} <= places.keys()
    assert any(name.startswith("backup/") for name in places)
    assert list(found_in(places, secrets)) == []


def found_in(places: Mapping[str, bytes], secrets: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for kind, secret in secrets.items():
        forms = forms_of(secret)
        for place, content in places.items():
            if any(form in content for form in forms):
                yield kind, place


def test_what_looks_for_secrets_finds_them() -> None:
    text = "a secret that is long enough"
    encoded = base64.b64encode(text.encode())
    places = {"plain": text.encode(), "form": b"x=a+secret+that+is+long+enough", "base64": b"-" + encoded, "none": b"a"}
    assert [place for _, place in found_in(places, {"it": text})] == ["plain", "form", "base64"]
    assert [place for _, place in found_in({"bytes": text.encode()}, {"it": encoded.decode()})] == ["bytes"]


def files_below(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def forms_of(secret: str) -> set[bytes]:
    """As it is, as forms write it, in base64, and the bytes that it is base64 of."""
    text = secret.encode()
    forms = {text, urlencode({"": secret})[1:].encode(), base64.b64encode(text).rstrip(b"=")[:-1]}
    with contextlib.suppress(ValueError):
        forms.add(base64.b64decode(text, validate=True))
    return {form for form in forms if len(form) >= 16 or form == text}

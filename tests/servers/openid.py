"""OpenID providers: a real one in a process of its own, and one that can be told to lie."""

import base64
import contextlib
import hashlib
import hmac
import http.client
import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, quote, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

from tests.servers.seaweedfs import free_ports

_PATIENCE_SECONDS = 30.0


@contextlib.contextmanager
def real_provider() -> Iterator[str]:
    """The address of a provider that was told of nobody yet."""
    [port] = free_ports(1)
    command = (
        sys.executable,
        "-W",
        "ignore",
        "-m",
        "oidc_provider_mock",
        "--port",
        str(port),
        "--require-nonce",
        "true",
    )
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        _await(process, port)
        yield f"http://localhost:{port}"
    finally:
        process.kill()
        process.communicate()


def tell_of(provider: str, subject: str, **claims: object) -> None:
    """Let the provider know somebody."""
    body = json.dumps(claims)
    status, _ = _call(provider, "PUT", f"/users/{quote(subject, safe='')}", body, "application/json")
    assert status == 204


def sign_in_at(provider: str, address: str, subject: str) -> str:
    """Fill in the provider's form; where it sends the browser."""
    parts = urlsplit(address)
    assert address.startswith(provider)
    form = urlencode({"sub": subject})
    status, location = _call(provider, "POST", f"{parts.path}?{parts.query}", form, "application/x-www-form-urlencoded")
    assert status in {302, 303}, status
    return location


def _call(provider: str, method: str, path: str, body: str, kind: str) -> tuple[int, str]:
    host = urlsplit(provider).netloc
    with contextlib.closing(http.client.HTTPConnection(host, timeout=_PATIENCE_SECONDS)) as client:
        client.request(method, path, body, {"Content-Type": kind})
        answer = client.getresponse()
        answer.read()
        return answer.status, answer.headers.get("location", "")


def _await(process: "subprocess.Popen[bytes]", port: int) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        with contextlib.suppress(OSError), contextlib.closing(http.client.HTTPConnection("localhost", port)) as client:
            client.request("GET", "/.well-known/openid-configuration")
            if client.getresponse().status == 200:
                return
        time.sleep(0.05)
    raise AssertionError("the provider did not start")


def _encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


class LyingProvider:
    """An OpenID provider with a key of its own, which proves PKCE, and whose token is whatever a test wants.

    `claims` and `header` go over what an honest token would say; `sign` makes another token of claims and header.
    """

    def __init__(self, port: int) -> None:
        self.address = f"http://127.0.0.1:{port}"
        self.key = RSAKey.generate_key(2048, {"kid": "one", "use": "sig"})
        self.claims: dict[str, Any] = {}
        self.header: dict[str, Any] = {}
        self.token_hook: Any = None
        self.codes: dict[str, dict[str, str]] = {}
        self.asked: list[dict[str, str]] = []

    def metadata(self) -> dict[str, Any]:
        return {
            "issuer": self.address,
            "authorization_endpoint": f"{self.address}/authorize",
            "token_endpoint": f"{self.address}/token",
            "jwks_uri": f"{self.address}/keys",
        }

    def code_for(self, address: str) -> str:
        """As if somebody had signed in at this address; where the browser is sent."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        code = f"code-{len(self.codes)}"
        self.codes[code] = asked
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}"

    def answer_of(self, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        self.asked.append(form)
        asked = self.codes.pop(form.get("code", ""), None)
        if asked is None:
            return 400, {"error": "invalid_grant"}
        challenge = (
            base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest()).decode().rstrip("=")
        )
        if asked.get("code_challenge_method") != "S256" or challenge != asked["code_challenge"]:
            return 400, {"error": "invalid_grant", "error_description": "PKCE"}
        return 200, {"access_token": "a", "token_type": "Bearer", "id_token": self.token(asked)}

    def token(self, asked: dict[str, str]) -> str:
        now = int(time.time())
        honest = {"iss": self.address, "aud": asked["client_id"], "sub": "s-1", "iat": now, "exp": now + 300}
        claims = {**honest, "nonce": asked["nonce"], "preferred_username": "ana", **self.claims}
        claims = {name: value for name, value in claims.items() if value is not None}
        header = {"alg": "RS256", "kid": "one", **self.header}
        if self.token_hook is not None:
            return str(self.token_hook(self, header, claims))
        return jwt.encode(header, claims, self.key)

    def signed_by_the_public_key(self, header: dict[str, Any], claims: dict[str, Any]) -> str:
        """HS256 whose secret is the public key, which everybody has (algorithm confusion)."""
        signed = ".".join(_encoded(json.dumps(part).encode()) for part in ({**header, "alg": "HS256"}, claims))
        return f"{signed}.{_encoded(hmac.digest(self.key.as_pem(private=False), signed.encode(), 'sha256'))}"

    def not_signed(self, header: dict[str, Any], claims: dict[str, Any]) -> str:
        parts = ({**header, "alg": "none"}, claims)
        return ".".join(_encoded(json.dumps(part).encode()) for part in parts) + "."

    def signed_by_another(self, header: dict[str, Any], claims: dict[str, Any]) -> str:
        return jwt.encode(header, claims, RSAKey.generate_key(2048, {"kid": "one"}))


class _Handler(BaseHTTPRequestHandler):
    provider: LyingProvider

    def do_GET(self) -> None:
        keys = {"keys": [self.provider.key.as_dict(private=False)]}
        self._send(200, keys if self.path == "/keys" else self.provider.metadata())

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"])).decode()
        self._send(*self.provider.answer_of({name: values[0] for name, values in parse_qs(body).items()}))

    def _send(self, status: int, document: dict[str, Any]) -> None:
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextlib.contextmanager
def lying_provider() -> Iterator[LyingProvider]:
    """Serves until the test has ended."""
    handler: type[_Handler] = type("Handler", (_Handler,), {})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        provider = handler.provider = LyingProvider(server.server_address[1])
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield provider
        finally:
            server.shutdown()
            thread.join()


Lie = Callable[[LyingProvider], None]
"""Makes a provider's next token one that cannot be believed."""


def claims(**changed: Any) -> Lie:
    return lambda liar: liar.claims.update(changed)


def signed(hook: Callable[..., str]) -> Lie:
    def lie(liar: LyingProvider) -> None:
        liar.token_hook = hook

    return lie


LIES: dict[str, Lie] = {
    "algorithm confusion: none": signed(LyingProvider.not_signed),
    "algorithm confusion: HS256 by the public key": signed(LyingProvider.signed_by_the_public_key),
    "another key": signed(LyingProvider.signed_by_another),
    "no token": signed(lambda *_: "nothing"),
    "a key that nobody knows": lambda liar: liar.header.update({"kid": "two"}),
    "wrong issuer": claims(iss="https://elsewhere.example"),
    "no issuer": claims(iss=None),
    "wrong audience": claims(aud="another registry"),
    "no audience": claims(aud=None),
    "no subject": claims(sub=None),
    "expired": claims(exp=int(time.time()) - 3600),
    "never expires": claims(exp=None),
    "not yet": claims(nbf=int(time.time()) + 3600),
}
"""Those that nobody believes, whatever the token is for."""

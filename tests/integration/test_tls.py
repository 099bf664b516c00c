"""TLS by the server itself, and what proxies that are trusted say."""

import http.client
import json
import ssl
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
import trustme

from modelyard.bootstrap.settings import Settings
from modelyard.bootstrap.start import CannotStart, check_certificate
from tests.integration.live_server import PATIENCE_SECONDS
from tests.integration.server_process import REAL, STAND_IN, ServerProcess, run_to_end, running


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    authority: Path
    cert: Path
    key: Path

    @property
    def variables(self) -> dict[str, str]:
        return {"MODELYARD_TLS_CERT": str(self.cert), "MODELYARD_TLS_KEY": str(self.key)}


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    folder = tmp_path_factory.mktemp("tls")
    authority = trustme.CA()
    made = Certificate(authority=folder / "ca.pem", cert=folder / "cert.pem", key=folder / "key.pem")
    authority.cert_pem.write_to_path(str(made.authority))
    issued = authority.issue_cert("127.0.0.1", "localhost")
    issued.private_key_pem.write_to_path(str(made.key))
    for number, part in enumerate(issued.cert_chain_pems):
        part.write_to_path(str(made.cert), append=number > 0)
    return made


@pytest.fixture(scope="module")
def server(certificate: Certificate, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    with running(REAL, tmp_path_factory.mktemp("registry") / "data", **certificate.variables) as process:
        yield process


def client_of(server: ServerProcess, authority: Path) -> http.client.HTTPSConnection:
    context = ssl.create_default_context(cafile=str(authority))
    return http.client.HTTPSConnection("127.0.0.1", server.port, timeout=PATIENCE_SECONDS, context=context)


def test_the_registry_is_served_over_tls_under_a_certificate_that_clients_can_check(
    server: ServerProcess, certificate: Certificate
) -> None:
    assert server.url.startswith("https://127.0.0.1:")
    client = client_of(server, certificate.authority)
    body = json.dumps({"name": "churn"})
    client.request("POST", "/api/v1/models", body, {"Content-Type": "application/json"})
    assert client.getresponse().read()
    client.request("GET", "/api/v1/models/churn")
    assert json.loads(client.getresponse().read())["name"] == "churn"
    assert client.sock.version() in {"TLSv1.2", "TLSv1.3"}
    client.close()


def test_it_speaks_no_version_of_tls_that_is_broken(server: ServerProcess, certificate: Certificate) -> None:
    context = ssl.create_default_context(cafile=str(certificate.authority))
    with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    client = http.client.HTTPSConnection("127.0.0.1", server.port, timeout=PATIENCE_SECONDS, context=context)
    with pytest.raises(ssl.SSLError):
        client.connect()


def test_whoever_speaks_plain_http_to_it_is_told_nothing(server: ServerProcess) -> None:
    with pytest.raises((http.client.HTTPException, ConnectionError)):
        server.get("/health")


def test_the_health_check_finds_it(server: ServerProcess, certificate: Certificate) -> None:
    variables = {**certificate.variables, "MODELYARD_PORT": str(server.port)}
    assert run_to_end(("modelyard", "health", "--ready"), Path("unused"), **variables) == (0, "")


def test_options_name_the_certificate_too(certificate: Certificate, tmp_path: Path) -> None:
    program = (*REAL, "--tls-cert", str(certificate.cert), "--tls-key", str(certificate.key))
    with running(program, tmp_path / "data") as process:
        client = client_of(process, certificate.authority)
        client.request("GET", "/health")
        assert client.getresponse().status == 200
        client.close()


def broken(certificate: Certificate, folder: Path) -> dict[str, tuple[Path | None, Path | None]]:
    other = trustme.CA().issue_cert("127.0.0.1").private_key_pem
    other.write_to_path(str(folder / "other.pem"))
    (folder / "empty.pem").touch()
    return {
        "needs both": (certificate.cert, None),
        "both": (None, certificate.key),
        "No such file": (folder / "none.pem", certificate.key),
        "key values mismatch": (certificate.cert, folder / "other.pem"),
        "cannot be used": (folder / "empty.pem", certificate.key),
    }


def test_a_certificate_that_cannot_be_used_is_refused_before_the_start(
    certificate: Certificate, tmp_path: Path
) -> None:
    for words, (cert, key) in broken(certificate, tmp_path).items():
        with pytest.raises(CannotStart) as refusal:
            check_certificate(Settings(tls_cert=cert, tls_key=key))
        assert words.lower() in str(refusal.value).lower()


def test_the_command_says_what_is_wrong_with_it(tmp_path: Path) -> None:
    status, errors = run_to_end(REAL, tmp_path / "data", MODELYARD_TLS_CERT="none.pem")
    assert status == 1
    assert "MODELYARD_TLS_KEY" in errors


def seen_by_the_application(tmp_path: Path, trusted: str, forwarded: Sequence[tuple[str, str]]) -> tuple[str, str]:
    """The address and the scheme of a request from 127.0.0.1 that carries these headers."""
    with running(STAND_IN, tmp_path / "data", MODELYARD_TRUSTED_PROXIES=trusted) as server:
        client = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE_SECONDS)
        client.putrequest("GET", "/caller")
        for name, value in forwarded:
            client.putheader(name, value)
        client.endheaders()
        address, scheme = json.loads(client.getresponse().read())
        client.close()
        return address, scheme


PROXIES: dict[str, tuple[str, list[tuple[str, str]], tuple[str, str]]] = {
    "nobody is trusted": (
        "none",
        [("X-Forwarded-For", "192.0.2.1"), ("X-Forwarded-Proto", "https")],
        ("127.0.0.1", "http"),
    ),
    "another network is trusted": ("10.0.0.0/8", [("X-Forwarded-For", "192.0.2.1")], ("127.0.0.1", "http")),
    "the proxy is trusted": (
        "127.0.0.0/8",
        [("X-Forwarded-For", "192.0.2.1"), ("X-Forwarded-Proto", "https")],
        ("192.0.2.1", "https"),
    ),
    "the caller made up the rest": (
        "127.0.0.0/8",
        [("X-Forwarded-For", "203.0.113.9, 192.0.2.1")],
        ("192.0.2.1", "http"),
    ),
    "two headers are one list": (
        "127.0.0.0/8",
        [("X-Forwarded-For", "203.0.113.9"), ("X-Forwarded-For", "192.0.2.1")],
        ("192.0.2.1", "http"),
    ),
    "a chain of proxies": (
        "127.0.0.0/8,10.0.0.0/8",
        [("X-Forwarded-For", "192.0.2.1, 10.1.1.1")],
        ("192.0.2.1", "http"),
    ),
}


@pytest.mark.parametrize("case", PROXIES)
def test_proxies_are_believed_where_they_are_trusted(tmp_path: Path, case: str) -> None:
    trusted, forwarded, expected = PROXIES[case]
    assert seen_by_the_application(tmp_path, trusted, forwarded) == expected

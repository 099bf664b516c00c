"""What has to hold before the server starts, each with a message that tells the operator what to do."""

import errno
import importlib.util
import ipaddress
import resource
import socket
import ssl
from collections.abc import Callable

from modelyard.bootstrap.settings import PREFIX, Settings, ValueNotAllowed

_BACKLOG = 2048
_ENOUGH_FILES = 65_536


class CannotStart(Exception):
    """The server, or a command beside it, cannot do its work here; the message is meant for the operator."""


def check_start(settings: Settings, is_installed: Callable[[str], object] = importlib.util.find_spec) -> None:
    """Refuse what would make a wrong or a crippled server, before anything large is imported.

    Raises:
        ValueNotAllowed: The address can be reached by others, who would need no password; or several processes would
            write to SQLite, which makes each write wait ten times longer.
        CannotStart: The certificate cannot be used. Or a package is missing: the one that a setting asks for, or the
            event loop or the parser that the server is built for. Plain asyncio would answer 23 requests a second on
            one connection, held up by Nagle's algorithm.
    """
    address_of(settings.host, has_auth=settings.has_auth)
    check_driver(settings, is_installed)
    if settings.workers > 1 and not settings.is_shared:
        raise ValueNotAllowed(
            f"{PREFIX}WORKERS",
            str(settings.workers),
            "1, since SQLite is served by one process; several would only wait for each other's writes. More need a "
            f"PostgreSQL, named by {PREFIX}DATABASE_URL",
        )
    check_store(settings, is_installed)
    check_certificate(settings)
    if settings.rate_store_url and not is_installed("redis"):
        raise CannotStart(f"{PREFIX}RATE_STORE_URL needs a client; install it with: pip install 'modelyard[redis]'")
    check_provider(settings, is_installed)
    missing = [name for name in ("uvloop", "httptools") if not is_installed(name)]
    if missing:
        raise CannotStart(f"The server needs {' and '.join(missing)}; install with: pip install {' '.join(missing)}")


def check_provider(settings: Settings, is_installed: Callable[[str], object] = importlib.util.find_spec) -> None:
    """Refuse an identity provider, or issuers of workloads, without what they need.

    Raises:
        CannotStart: a setting or a package is missing.
    """
    if settings.oidc_issuer and not (settings.has_auth and settings.public_url):
        raise CannotStart(f"{PREFIX}OIDC_ISSUER needs {PREFIX}AUTH=tokens and {PREFIX}PUBLIC_URL.")
    if settings.workload_issuers and not settings.has_auth:
        raise CannotStart(f"{PREFIX}WORKLOAD_ISSUERS needs {PREFIX}AUTH=tokens.")
    asking = "OIDC_ISSUER" if settings.oidc_issuer else "WORKLOAD_ISSUERS" if settings.workload_issuers else ""
    if asking and not is_installed("authlib"):
        raise CannotStart(f"{PREFIX}{asking} needs more packages; install with: pip install 'modelyard[oidc]'")


def check_certificate(settings: Settings) -> None:
    """Refuse a certificate that cannot be used, before any connection would fail on it.

    Raises:
        CannotStart: One of the two files is missing, unreadable, or does not go with the other.
    """
    cert, key = settings.tls_cert, settings.tls_key
    if cert is None and key is None:
        return
    if cert is None or key is None:
        raise CannotStart(f"TLS needs both {PREFIX}TLS_CERT and {PREFIX}TLS_KEY.")
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(cert, key, password=_no_password)
    except (OSError, ValueError) as error:  # an SSLError is an OSError
        reason = getattr(error, "strerror", None) or str(error)
        raise CannotStart(f"The certificate {cert} with the key {key} cannot be used: {reason}.") from None


def _no_password() -> str:
    """Else OpenSSL would ask on the terminal, and the server wait there."""
    raise ValueError("the key is encrypted; a server has nobody to ask for its password")


def check_driver(settings: Settings, is_installed: Callable[[str], object] = importlib.util.find_spec) -> None:
    """Refuse a database whose driver is not installed; only SQLite's always is.

    Raises:
        CannotStart: It is missing; the message says how to install it.
    """
    if settings.is_shared and not is_installed("psycopg"):
        raise CannotStart("PostgreSQL needs a driver; install it with: pip install 'modelyard[postgresql]'")


def check_store(settings: Settings, is_installed: Callable[[str], object] = importlib.util.find_spec) -> None:
    """Refuse a store of files whose client is not installed; only the folder needs none.

    Raises:
        CannotStart: It is missing; the message says how to install it.
    """
    if settings.blob_store_url and not is_installed("obstore"):
        raise CannotStart(f"{PREFIX}BLOB_STORE_URL needs obstore; install with: pip install 'modelyard[s3]'")


def address_of(host: str, *, has_auth: bool) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """The address that `host` stands for. Names other than localhost are not resolved.

    Raises:
        ValueNotAllowed: It is none, or one that others reach where nobody is asked who they are.
    """
    try:
        address = ipaddress.ip_address("127.0.0.1" if host == "localhost" else host)
    except ValueError:
        address = None
    if address is None and has_auth:
        raise ValueNotAllowed(f"{PREFIX}HOST", host, "an address such as 127.0.0.1, or 0.0.0.0 for all of this machine")
    if address is None or not (address.is_loopback or has_auth):
        raise ValueNotAllowed(
            f"{PREFIX}HOST",
            host,
            "a loopback address such as 127.0.0.1, since the server asks nobody who they are, and whoever reaches it "
            f"may change everything; other addresses need {PREFIX}AUTH=tokens",
        )
    return address


def listen(host: str, port: int, *, has_auth: bool = False) -> socket.socket:
    """A socket that already queues up connections, so that none is refused while the application starts.

    Raises:
        CannotStart: The port is taken, or not ours to take.
    """
    address = address_of(host, has_auth=has_auth)
    listener = socket.socket(socket.AF_INET if address.version == 4 else socket.AF_INET6)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((str(address), port))
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            reason = f"another program uses the port; choose one with --port or {PREFIX}PORT, 0 for any free one"
        else:
            reason = error.strerror or str(error)
        raise CannotStart(f"Cannot listen on {address} port {port}: {reason}.") from None
    return listener


def url_of(listener: socket.socket, *, has_tls: bool = False) -> str:
    """The address under which the server is reached."""
    host, port = listener.getsockname()[:2]
    scheme = "https" if has_tls else "http"
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"


def allow_many_files() -> None:
    """Raise the limit of open files as far as this process may: each slow connection holds one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    allowed = _ENOUGH_FILES if hard == resource.RLIM_INFINITY else min(hard, _ENOUGH_FILES)
    if soft != resource.RLIM_INFINITY and soft < allowed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))

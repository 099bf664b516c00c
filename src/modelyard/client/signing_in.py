"""Getting a token: by somebody's browser, or for the token that a platform gives to what runs on it."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlencode

from modelyard.client.answers import Document
from modelyard.client.token_refusals import AuthorizationPending, SlowDown
from modelyard.client.transport import Transport

_SLOWER_SECONDS = 5.0
"""What RFC 8628 (section 3.5) adds to the interval of whoever asks too often."""
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceCodes:
    """What somebody has to open and compare, and what this program keeps."""

    user_code: str
    verification_uri: str
    verification_uri_complete: str
    interval_seconds: float
    device_code: str = field(repr=False)


def begin_device_sign_in(transport: Transport, client: str, scopes: str = "") -> DeviceCodes:
    """Ask for two codes (RFC 8628). `client` is what whoever allows it is told; scopes stand after spaces.

    Raises:
        NotFound: the registry asks nobody who they are.
        RegistryError, Unreachable: as of any request.
    """
    wanted = {"client_id": client, **({"scope": scopes} if scopes else {})}
    told = _posted(transport, "/oauth/device_authorization", wanted)
    return DeviceCodes(
        user_code=str(told["user_code"]),
        verification_uri=str(told["verification_uri"]),
        verification_uri_complete=str(told["verification_uri_complete"]),
        interval_seconds=float(told.get("interval", _SLOWER_SECONDS)),
        device_code=str(told["device_code"]),
    )


def await_token(transport: Transport, codes: DeviceCodes, pause: Callable[[float], None] = time.sleep) -> str:
    """Wait until somebody has allowed it; the token.

    Raises:
        AccessDenied: somebody said no.
        ExpiredToken: nobody said anything in time.
        RegistryError, Unreachable: as of any request.
    """
    grant = {"grant_type": "urn:ietf:params:oauth:grant-type:device_code", "device_code": codes.device_code}
    interval = codes.interval_seconds
    while True:
        pause(interval)
        try:
            return str(_posted(transport, "/oauth/token", grant)["access_token"])
        except SlowDown:
            interval += _SLOWER_SECONDS
        except AuthorizationPending:
            continue


def exchange_identity_token(transport: Transport, identity_token: str, account: str = "") -> str:
    """A token of the registry for one of a CI system or cluster (RFC 8693), good for a short time.

    Raises:
        InvalidGrant: the registry does not trust it, or it has expired.
        RegistryError, Unreachable: as of any request.
    """
    grant = {
        "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
        "subject_token": identity_token,
        "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
        **({"account": account} if account else {}),
    }
    return str(_posted(transport, "/oauth/token", grant)["access_token"])


def _posted(transport: Transport, path: str, form: dict[str, str]) -> Document:
    return transport.request("POST", path, body=urlencode(form).encode(), headers=_FORM).document()

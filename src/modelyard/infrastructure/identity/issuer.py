"""An issuer of signed tokens: what it says of itself, its keys, and whether a token is really its own."""

import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import httpx2
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet

from modelyard.domain.access_errors import ProviderUnavailable

ALGORITHMS: Final = [
    "RS256",
    "RS384",
    "RS512",
    "PS256",
    "PS384",
    "PS512",
    "ES256",
    "ES384",
    "ES512",
    "Ed25519",
    "EdDSA",
]
"""Signatures by a private key. Never `none`; never HS256, whose key would be the public one that everybody has."""

_KEPT_SECONDS: Final = 3600.0
_AGAIN_SECONDS: Final = 60.0
PATIENCE_SECONDS: Final = 10.0
_LARGEST_BYTES: Final = 1024 * 1024


def http_client() -> httpx2.AsyncClient:
    """For one conversation; it follows no redirect."""
    return httpx2.AsyncClient(timeout=PATIENCE_SECONDS, follow_redirects=False)


class Issuer:
    """An issuer of OpenID Connect, by its address (OpenID Connect Discovery 1.0), or by a file with its keys.

    What it says is kept for an hour. A token of a key that is not known makes it ask again, once a minute at most.
    """

    def __init__(self, address: str, keys: Path | None = None) -> None:
        self.address = address
        self._file = keys
        self._metadata: Mapping[str, Any] = {}
        self._keys = KeySet([])
        self._read_at = -_KEPT_SECONDS

    async def metadata(self) -> Mapping[str, Any]:
        """What it says of itself.

        Raises:
            ProviderUnavailable: nothing, or that it is somebody else.
        """
        await self._read(_KEPT_SECONDS)
        return self._metadata

    async def verified(self, token: str) -> jwt.Token:
        """A token whose signature is the issuer's; its claims have not been looked at.

        Raises:
            JoseError: it is not.
            ProviderUnavailable: the issuer does not say its keys.
        """
        await self._read(_KEPT_SECONDS)
        try:
            return self._decoded(token)
        except InvalidKeyIdError:
            await self._read(_AGAIN_SECONDS)
            return self._decoded(token)

    def _decoded(self, token: str) -> jwt.Token:
        try:
            return jwt.decode(token, self._keys, algorithms=ALGORITHMS)
        except (ValueError, TypeError) as error:  # of what is not even a token
            raise JoseError(str(error)) from error

    async def _read(self, older_than_seconds: float) -> None:
        if time.monotonic() - self._read_at < older_than_seconds:
            return
        metadata, keys = ({}, _read_file(self._file)) if self._file else await self._asked()
        try:
            self._keys = KeySet.import_key_set(dict(keys))  # type: ignore[arg-type]  # it is looked at there
        except (JoseError, KeyError, TypeError, ValueError) as error:
            raise ProviderUnavailable("the keys of the identity provider cannot be read") from error
        self._metadata, self._read_at = metadata, time.monotonic()

    async def _asked(self) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
        async with http_client() as client:
            metadata = await _document(client, f"{self.address.rstrip('/')}/.well-known/openid-configuration")
            if metadata.get("issuer") != self.address:
                raise ProviderUnavailable("the identity provider says that it is another one")
            return metadata, await _document(client, str(metadata.get("jwks_uri")))


def _read_file(path: Path) -> Mapping[str, Any]:
    try:
        document = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise ProviderUnavailable(f"the file with the keys of an issuer cannot be read: {error}") from error
    if not isinstance(document, dict):
        raise ProviderUnavailable("the file with the keys of an issuer holds no key set")
    return document


async def _document(client: httpx2.AsyncClient, address: str) -> Mapping[str, Any]:
    try:
        answer = await client.get(address)
        document = answer.raise_for_status().json() if len(answer.content) <= _LARGEST_BYTES else None
    except (httpx2.HTTPError, httpx2.InvalidURL, ValueError) as error:
        raise ProviderUnavailable(f"the identity provider does not answer: {type(error).__name__}") from error
    if not isinstance(document, dict):
        raise ProviderUnavailable("the identity provider answers something else than a document")
    return document

"""An identity provider of OpenID Connect: authorization code with PKCE."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx2
from authlib.integrations.base_client import OAuthError
from authlib.integrations.httpx_client import AsyncOAuth2Client
from authlib.oidc.core import CodeIDToken
from joserfc.errors import JoseError

from modelyard.domain.access.identity import Identity
from modelyard.domain.access_errors import ProviderUnavailable, SignInFailed
from modelyard.infrastructure.identity.issuer import PATIENCE_SECONDS, Issuer

_LEEWAY_SECONDS = 60

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """How this registry is known to the provider, and which claims tell a person's name and groups."""

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    redirect_uri: str
    scopes: str
    name_claim: str
    groups_claim: str
    """Empty where groups are not the provider's."""
    label: str


class OpenIdProvider:
    """`IdentityProvider` that speaks OpenID Connect."""

    def __init__(self, registration: Registration) -> None:
        self._registration = registration
        self._issuer = Issuer(registration.issuer)

    @property
    def label(self) -> str:
        """As the operator calls it."""
        return self._registration.label

    async def address(self, *, state: str, nonce: str, verifier: str) -> str:
        """The provider's endpoint, with the challenge of the verifier (RFC 7636, S256)."""
        metadata = await self._issuer.metadata()
        async with self._client(metadata) as client:
            address, _ = client.create_authorization_url(
                str(metadata["authorization_endpoint"]), state=state, nonce=nonce, code_verifier=verifier
            )
        return str(address)

    async def identity(self, *, code: str, nonce: str, verifier: str) -> Identity:
        """The identity token is verified; what it lacks of the claims is asked for."""
        metadata = await self._issuer.metadata()
        try:
            async with self._client(metadata) as client:
                token = await client.fetch_token(str(metadata["token_endpoint"]), code=code, code_verifier=verifier)
                claims = await self._verified(token, nonce)
                told = await self._told(client, metadata, claims)
        except httpx2.HTTPError as error:
            raise ProviderUnavailable(f"the identity provider does not answer: {type(error).__name__}") from error
        except (OAuthError, JoseError, KeyError, TypeError, ValueError) as error:
            logger.warning("a sign-in by the identity provider failed: %s: %s", type(error).__name__, error)
            raise SignInFailed("what the identity provider says cannot be believed") from error
        return self._identity_of(claims, told)

    def _client(self, metadata: Mapping[str, Any]) -> AsyncOAuth2Client:
        registration = self._registration
        ways = metadata.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        way = "client_secret_basic" if "client_secret_basic" in ways else "client_secret_post"
        return AsyncOAuth2Client(
            client_id=registration.client_id,
            client_secret=registration.client_secret or None,
            token_endpoint_auth_method=way if registration.client_secret else "none",
            scope=registration.scopes,
            redirect_uri=registration.redirect_uri,
            code_challenge_method="S256",
            timeout=PATIENCE_SECONDS,
        )

    async def _verified(self, token: Mapping[str, Any], nonce: str) -> dict[str, Any]:
        verified = await self._issuer.verified(str(token["id_token"]))
        registration = self._registration
        claims = CodeIDToken(
            verified.claims,
            verified.header,
            options={
                "iss": {"essential": True, "value": registration.issuer},
                "aud": {"essential": True, "value": registration.client_id},
            },
            params={
                "nonce": nonce,
                "client_id": registration.client_id,
                "access_token": token.get("access_token"),
            },
        )
        claims.validate(leeway=_LEEWAY_SECONDS)
        return dict(claims)

    async def _told(
        self, client: AsyncOAuth2Client, metadata: Mapping[str, Any], claims: Mapping[str, Any]
    ) -> Mapping[str, Any]:
        """What the provider tells beside the token: many keep names and groups out of it."""
        wanted = {self._registration.name_claim, self._registration.groups_claim} - {""}
        if wanted <= claims.keys() or "userinfo_endpoint" not in metadata:
            return {}
        answer = await client.get(str(metadata["userinfo_endpoint"]))
        told = answer.raise_for_status().json()
        return told if told["sub"] == claims["sub"] else {}

    def _identity_of(self, claims: Mapping[str, Any], told: Mapping[str, Any]) -> Identity:
        registration = self._registration
        known = {**told, **claims}
        groups = known.get(registration.groups_claim, [])
        named = frozenset(map(str, groups if isinstance(groups, list) else [groups]))
        return Identity(
            issuer=registration.issuer,
            subject=str(claims["sub"]),
            name=str(known.get(registration.name_claim, "")),
            groups=named if registration.groups_claim else None,
        )

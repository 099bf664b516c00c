"""Tokens that platforms give to what runs on them, proved by the keys of their issuers."""

import json
import logging
from collections.abc import Iterable, Sequence
from typing import Any

from joserfc import jws, jwt
from joserfc.errors import JoseError

from modelyard.domain.access.workload import TrustedIssuer, Workload
from modelyard.domain.token_errors import InvalidGrant
from modelyard.infrastructure.identity.issuer import Issuer

_LEEWAY_SECONDS = 60

logger = logging.getLogger(__name__)


class JwtWorkloadVerifier:
    """`WorkloadVerifier` for JSON Web Tokens, each held against the keys of the issuer that it names."""

    def __init__(self, trusted: Iterable[TrustedIssuer]) -> None:
        self._issuers = {one.address: Issuer(one.address, one.keys) for one in trusted}

    @property
    def issuers(self) -> Sequence[str]:
        """Those of the settings."""
        return list(self._issuers)

    async def workload(self, token: str) -> Workload:
        """Signed by a private key of the issuer, with an end that has not come, a subject and an audience."""
        issuer = self._issuers.get(_issuer_in(token))
        if issuer is None:
            raise InvalidGrant(
                "the token is of no issuer that this registry trusts",
                hint="The operator names issuers in MODELYARD_WORKLOAD_ISSUERS.",
            )
        try:
            claims = (await issuer.verified(token)).claims
            _RULES.validate(claims)
        except (JoseError, ValueError, TypeError) as error:
            logger.warning("a token of a workload was not believed: %s: %s", type(error).__name__, error)
            raise InvalidGrant("the token cannot be believed", hint="Ask its platform for a fresh one.") from error
        audience = claims["aud"]
        audiences = audience if isinstance(audience, list) else [audience]
        return Workload(issuer=issuer.address, subject=str(claims["sub"]), audiences=frozenset(map(str, audiences)))


_RULES = jwt.JWTClaimsRegistry(
    leeway=_LEEWAY_SECONDS,
    iss={"essential": True},
    sub={"essential": True},
    aud={"essential": True},
    exp={"essential": True},
)


def _issuer_in(token: str) -> str:
    """What a token says of itself, before anything of it is believed; empty where it says nothing."""
    try:
        claims: Any = json.loads(jws.extract_compact(token.encode()).payload)
    except (JoseError, ValueError, RecursionError):
        return ""
    issuer = claims.get("iss") if isinstance(claims, dict) else None
    return issuer if isinstance(issuer, str) else ""

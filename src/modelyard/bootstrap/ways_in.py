"""The ways in which people and programs get sessions and tokens, as the settings choose them."""

from datetime import timedelta
from typing import TypedDict

from modelyard.application.ports.database import Database
from modelyard.application.services.device_sign_in import DeviceSignInService
from modelyard.application.services.limiting import Limits
from modelyard.application.services.provider_sign_in import ProviderSignIn
from modelyard.application.services.signing_in import Passwords
from modelyard.application.services.workloads import TokenExchange
from modelyard.bootstrap.settings import Settings
from modelyard.domain.access.identity import IdentityRules
from modelyard.infrastructure.passwords.argon2id import Argon2PasswordHasher
from modelyard.presentation.web.caller import CALLBACK


class WaysIn(TypedDict):
    """Those parts of the context."""

    passwords: Passwords
    provider: ProviderSignIn | None
    device_sign_in: DeviceSignInService
    token_exchange: TokenExchange | None


def ways_in(settings: Settings, database: Database, limits: Limits) -> WaysIn:
    """All of them; None for those that the settings do not ask for."""
    return WaysIn(
        passwords=Passwords(database, Argon2PasswordHasher(), limits, timedelta(seconds=settings.session_seconds)),
        provider=_provider_of(settings, database, limits),
        device_sign_in=DeviceSignInService(database, limits, timedelta(seconds=settings.login_seconds)),
        token_exchange=_token_exchange_of(settings, database, limits),
    )


def _provider_of(settings: Settings, database: Database, limits: Limits) -> ProviderSignIn | None:
    if not settings.oidc_issuer:
        return None
    # An extra: nobody else shall need it, or wait for its import.
    from modelyard.infrastructure.identity.openid import OpenIdProvider, Registration  # noqa: PLC0415

    registration = Registration(
        issuer=settings.oidc_issuer,
        client_id=settings.oidc_client_id,
        client_secret=settings.oidc_client_secret,
        redirect_uri=settings.public_url.rstrip("/") + CALLBACK,
        scopes=settings.oidc_scopes,
        name_claim=settings.oidc_name_claim,
        groups_claim=settings.oidc_groups_claim,
        label=settings.oidc_label,
    )
    rules = IdentityRules(session_ttl=timedelta(seconds=settings.session_seconds), links_accounts=settings.oidc_link)
    return ProviderSignIn(database, OpenIdProvider(registration), limits, rules)


def _token_exchange_of(settings: Settings, database: Database, limits: Limits) -> TokenExchange | None:
    if not settings.workload_issuers:
        return None
    # An extra: nobody else shall need it, or wait for its import.
    from modelyard.infrastructure.identity.workload import JwtWorkloadVerifier  # noqa: PLC0415

    return TokenExchange(database, JwtWorkloadVerifier(settings.workload_issuers), limits)

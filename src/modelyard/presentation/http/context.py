"""What routes work with, and who calls them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import cast

from fastapi import Request

from modelyard.application.ports.blob_store import BlobStore
from modelyard.application.ports.database import Database
from modelyard.application.ports.plots import PlotRenderer
from modelyard.application.ports.telemetry import Telemetry
from modelyard.application.ports.webhooks import WebhookSecrets, WebhookSender
from modelyard.application.services.admissions import Admissions
from modelyard.application.services.batch_transfer import BatchTransfer
from modelyard.application.services.device_sign_in import DeviceSignInService
from modelyard.application.services.limiting import Limits
from modelyard.application.services.live_events import LiveEvents
from modelyard.application.services.provider_sign_in import ProviderSignIn
from modelyard.application.services.signing_in import Passwords
from modelyard.application.services.transfer import Transfer
from modelyard.application.services.workloads import TokenExchange
from modelyard.domain.bounds import Bounds
from modelyard.domain.errors import Malformed
from modelyard.domain.principal import ANONYMOUS, Principal
from modelyard.domain.quota import Quotas
from modelyard.presentation.http.recent_answers import RecentAnswer, RecentAnswers, RecentFile

ACTOR_HEADER = "X-Modelyard-Actor"
STANDING = "standing"
"""Where a request remembers what its caller may do."""

DATABASE_STATE = "database_state"
"""Where it remembers the state of the database in which that was looked up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """The collaborators of all routes, put together once by the container."""

    database: Database
    blob_store: BlobStore
    transfer: Transfer
    batch_transfer: BatchTransfer
    live_events: LiveEvents
    webhook_sender: WebhookSender
    webhook_secrets: WebhookSecrets
    plot_renderer: PlotRenderer
    recent_versions: RecentAnswers[RecentAnswer]
    recent_files: RecentAnswers[RecentFile]
    max_json_bytes: int
    idempotency_ttl: timedelta
    download_redirect: bool
    verify_downloads: bool
    passwords: Passwords
    provider: ProviderSignIn | None
    """Signing in by an identity provider; None where there is none."""
    device_sign_in: DeviceSignInService
    token_exchange: TokenExchange | None
    """Tokens for workloads; None where no issuer is trusted."""
    public_url: str
    """Where people reach the registry, without a slash at its end; empty where the operator does not say."""
    session_seconds: int
    limits: Limits
    telemetry: Telemetry
    quotas: Quotas
    bounds: Bounds
    admissions: Admissions | None = None
    """Who is let in; None where the registry asks nobody who they are."""

    @property
    def workload_issuers(self) -> Sequence[str]:
        """Whose tokens of workloads are looked at."""
        return () if self.token_exchange is None else self.token_exchange.issuers


def context_of(request: Request) -> Context:
    """The context of the application that serves this request."""
    return cast(Context, request.app.state.context)


def admissions_of(request: Request) -> Admissions | None:
    """Who is let in; None where nobody is asked."""
    return context_of(request).admissions


async def state_of(request: Request) -> object | None:
    """The state of the database as this request began; as `Database.state`, and asked for once a request."""
    if DATABASE_STATE in request.scope.get("state", ()):
        return cast(object, request.scope["state"][DATABASE_STATE])
    return await context_of(request).database.state()


def principal_of(request: Request) -> Principal:
    """Who calls: the account of the token; where the registry asks for none, the name in `X-Modelyard-Actor`.

    Raises:
        Malformed: the header is not UTF-8.
        InvalidInput: the name breaks a rule of names.
    """
    standing = request.scope.get("state", {}).get(STANDING)
    if standing is not None:
        return cast(Principal, standing.principal)
    name = request.headers.get(ACTOR_HEADER)
    if name is None:
        return ANONYMOUS
    try:
        return Principal.named(name.encode("latin-1").decode(), ACTOR_HEADER)
    except UnicodeDecodeError as error:
        raise Malformed(f"the header {ACTOR_HEADER} is not UTF-8") from error

"""What the page of workloads shows."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from modelyard.domain.access.account import Account, AccountKind
from modelyard.domain.access.token import Scope, in_order
from modelyard.domain.access.workload import DEFAULT_TTL_SECONDS, WorkloadIdentity
from modelyard.presentation.web.formats import MomentView, moment
from modelyard.presentation.web.forms import EMPTY, FormView
from modelyard.presentation.web.pages.admin.view import SCOPES, account_link

_SUGGESTED: Mapping[str, str] = {
    "audience": "modelyard",
    "models": "*",
    "ttl_seconds": str(DEFAULT_TTL_SECONDS),
    f"scope-{Scope.READ}": "on",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkloadLine:
    """Workloads that may act as a service; `hindrance` is why they get no token, empty where they do."""

    subject: str
    account: str
    account_href: str
    issuer: str
    audience: str
    scopes: tuple[str, ...]
    models: str
    lifetime: str
    hindrance: str
    made: MomentView
    made_by: str
    delete_action: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkloadsView:
    """All of them, and the form of a new one, which needs a service and an issuer to choose."""

    workloads: tuple[WorkloadLine, ...]
    services: tuple[str, ...]
    issuers: tuple[str, ...]
    form: FormView
    scopes: tuple[tuple[str, str], ...] = SCOPES


def workloads_view(
    identities: Sequence[WorkloadIdentity],
    accounts: Sequence[Account],
    issuers: Sequence[str],
    now: datetime,
    sent: FormView = EMPTY,
) -> WorkloadsView:
    """The page, with the form as it was sent."""
    services = tuple(one.name for one in accounts if one.kind is AccountKind.SERVICE and one.is_active)
    return WorkloadsView(
        workloads=tuple(_line(identity, services, issuers, now) for identity in identities),
        services=services,
        issuers=tuple(issuers),
        form=sent if sent.values else replace(sent, values=_SUGGESTED),
    )


def _line(
    identity: WorkloadIdentity, services: Collection[str], issuers: Collection[str], now: datetime
) -> WorkloadLine:
    draft = identity.draft
    return WorkloadLine(
        subject=draft.subject,
        account=draft.account,
        account_href=account_link(draft.account),
        issuer=draft.issuer,
        audience=draft.audience,
        scopes=tuple(scope.value for scope in in_order(draft.scopes)),
        models=", ".join(draft.models),
        lifetime=f"{draft.ttl_seconds:,} s",
        hindrance=_hindrance(identity, services, issuers),
        made=moment(identity.created_at, now),
        made_by=identity.created_by,
        delete_action=f"/admin/workloads/{identity.id}/delete",
    )


def _hindrance(identity: WorkloadIdentity, services: Collection[str], issuers: Collection[str]) -> str:
    if identity.draft.issuer not in issuers:
        return "issuer not trusted"
    return "" if identity.draft.account in services else "service not active"

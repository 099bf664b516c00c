"""The page of workloads, for administrators: which jobs and pods may act as which services."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from fastapi import Request, Response

from modelyard.application.ports.database import Transaction
from modelyard.application.services import administering, workloads
from modelyard.domain.access.account import Account
from modelyard.domain.access.workload import WorkloadIdentity
from modelyard.domain.errors import RegistryError
from modelyard.domain.json_value import JsonObject, JsonValue
from modelyard.domain.permission import Permission
from modelyard.presentation.api.addresses import WorkloadIdentityPath
from modelyard.presentation.api.workloads.schemas import WorkloadIdentityCreate
from modelyard.presentation.http.context import context_of
from modelyard.presentation.http.form_body import read_form
from modelyard.presentation.http.validation import validated
from modelyard.presentation.web.caller import actor_of
from modelyard.presentation.web.flash import done
from modelyard.presentation.web.forms import EMPTY, FormView, number_in, refused
from modelyard.presentation.web.page import page, page_router
from modelyard.presentation.web.pages.admin.narrowing import models_in, scopes_in
from modelyard.presentation.web.pages.admin.outcome import led_back
from modelyard.presentation.web.pages.admin.workload_view import workloads_view
from modelyard.presentation.web.rendering import see_other, show

router = page_router()

_ADMINS = page(Permission.ACCESS_EDIT)
WORKLOADS = "/admin/workloads"


@router.get(WORKLOADS, **_ADMINS)
async def show_workloads(request: Request) -> Response:
    """Which workloads may act as which services, and the form that lets others do so."""
    return await _show(request, EMPTY)


@router.post(WORKLOADS, **_ADMINS)
async def add_workload_identity(request: Request) -> Response:
    """Let workloads act as a service; or show the form again."""
    fields, issuers = await read_form(request), context_of(request).workload_issuers
    try:
        draft = validated(WorkloadIdentityCreate, _document(fields)).draft()
        await context_of(request).database.write(workloads.create_workload_identity, actor_of(request), draft, issuers)
    except RegistryError as error:
        # Where nobody is trusted no field is shown beside which it could be said.
        return await _show(request, refused({**fields, "scopes": ""} if issuers else {}, error))
    return see_other(request, WORKLOADS, done(f"{draft.subject} may act as {draft.account}."))


@router.post("/admin/workloads/{identity_id}/delete", **_ADMINS)
async def remove_workload_identity(request: Request, identity_id: WorkloadIdentityPath) -> Response:
    """Trust these workloads no more."""
    change = context_of(request).database.write(workloads.delete_workload_identity, actor_of(request), identity_id)
    told = "The rule is deleted. The tokens that it has given are good for nothing any more."
    return await led_back(request, WORKLOADS, told, change)


async def _show(request: Request, sent: FormView) -> Response:
    identities, accounts, now = await context_of(request).database.scan(_workloads)
    view = workloads_view(identities, accounts, context_of(request).workload_issuers, now, sent)
    return await show(request, "admin_workloads.html", view, sent.status)


def _workloads(tx: Transaction) -> tuple[Sequence[WorkloadIdentity], Sequence[Account], datetime]:
    return workloads.list_workload_identities(tx), administering.list_accounts(tx), tx.now


def _document(fields: Mapping[str, str]) -> JsonObject:
    scopes = scopes_in(fields)
    ttl = fields.get("ttl_seconds", "").strip()
    seconds = number_in(ttl, digits=9)
    document: dict[str, JsonValue] = {
        **{name: fields.get(name, "").strip() for name in ("account", "issuer", "audience", "subject")},
        "models": models_in(fields),
        "ttl_seconds": ttl if seconds is None else seconds,
    }
    if scopes:
        document["scopes"] = scopes
    return document

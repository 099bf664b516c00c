"""The pages of grants, for administrators."""

from typing import Annotated

from fastapi import Path, Request, Response

from modelyard.application.services import administering
from modelyard.domain.errors import InvalidInput
from modelyard.domain.permission import Permission
from modelyard.presentation.api.addresses import GrantPath
from modelyard.presentation.api.grants.schemas import GrantCreate
from modelyard.presentation.http.context import context_of
from modelyard.presentation.http.form_body import read_form
from modelyard.presentation.http.validation import validated
from modelyard.presentation.web.caller import actor_of
from modelyard.presentation.web.forms import local_target
from modelyard.presentation.web.page import page, page_router
from modelyard.presentation.web.pages.admin.outcome import led_back, refused_back
from modelyard.presentation.web.pages.admin.view import GrantsView, grant_line
from modelyard.presentation.web.rendering import show

router = page_router()

_ADMINS = page(Permission.ACCESS_EDIT)
GRANTS = "/admin/grants"


@router.get(GRANTS, **_ADMINS)
async def show_grants(request: Request) -> Response:
    """All roles that are granted."""
    grants, now = await context_of(request).database.scan(lambda tx: (administering.list_grants(tx, None), tx.now))
    view = GrantsView(grants=tuple(grant_line(grant, now) for grant in grants))
    return await show(request, "admin_grants.html", view)


@router.post(GRANTS, **_ADMINS)
async def add_grant(request: Request) -> Response:
    """Give somebody a role."""
    fields = await read_form(request)
    target = local_target(fields.get("return_to", GRANTS))
    document = {name: fields.get(name, "").strip() for name in ("subject", "models", "role")}
    try:
        grant = validated(GrantCreate, {**document}).grant()
    except InvalidInput as error:
        return refused_back(request, target, error)
    change = context_of(request).database.write(administering.grant_role, actor_of(request), grant)
    return await led_back(request, target, f"{grant.subject} is {grant.role} on {grant.models}.", change)


@router.post("/admin/grants/{grant_id}/revoke", **_ADMINS)
async def remove_grant(request: Request, grant_id: Annotated[GrantPath, Path()]) -> Response:
    """Take a role away."""
    fields = await read_form(request)
    change = context_of(request).database.write(administering.revoke_role, actor_of(request), grant_id)
    return await led_back(request, local_target(fields.get("return_to", GRANTS)), "The role is taken away.", change)

"""Pointing aliases at a version, and taking them away."""

from fastapi import Request, Response

from modelyard.application.services import aliasing
from modelyard.domain.errors import RegistryError
from modelyard.domain.permission import Permission
from modelyard.domain.reference import parse_reference
from modelyard.presentation.api.addresses import ModelPath, VersionRef
from modelyard.presentation.http.context import context_of
from modelyard.presentation.http.form_body import read_form
from modelyard.presentation.web.caller import actor_of
from modelyard.presentation.web.flash import done, failed
from modelyard.presentation.web.page import page, page_router
from modelyard.presentation.web.rendering import see_other

router = page_router()

_BASE = "/models/{model}/versions/{ref}/aliases"


@router.post(_BASE, **page(Permission.ALIASES_MOVE))
async def point(request: Request, model: ModelPath, ref: VersionRef) -> Response:
    """Make an alias, or move it here from another version."""
    name = (await read_form(request)).get("name", "").strip().removeprefix("@")
    here = request.url.path.removesuffix("/aliases")
    write = context_of(request).database.write
    try:
        alias, _ = await write(aliasing.point_alias, actor_of(request), model, name, parse_reference(ref), None)
    except RegistryError as error:
        return see_other(request, here, failed(_why(error)))
    return see_other(request, here, done(f"{model}@{alias.name} is version {alias.version} now."))


@router.post(f"{_BASE}/remove", **page(Permission.ALIASES_MOVE))
async def remove(request: Request, model: ModelPath, ref: VersionRef) -> Response:
    """Take an alias away; the version stays."""
    name = (await read_form(request)).get("name", "")
    here = request.url.path.removesuffix("/aliases/remove")
    parse_reference(ref)
    try:
        await context_of(request).database.write(aliasing.delete_alias, actor_of(request), model, name, None)
    except RegistryError as error:
        return see_other(request, here, failed(_why(error)))
    return see_other(request, here, done(f"{model}@{name} is no more."))


def _why(error: RegistryError) -> str:
    fault = f": {error.errors[0].message}" if error.errors else ""
    return f"{error.message}{fault}. {error.hint}".strip()

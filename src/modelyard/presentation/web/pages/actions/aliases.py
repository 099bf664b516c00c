"""Pointing aliases at a version, protecting them, and taking them away."""

from collections.abc import Mapping

from fastapi import Request, Response

from modelyard.application.ports.aliases import Alias
from modelyard.application.services import aliasing
from modelyard.application.services.precondition import Expected
from modelyard.domain.errors import PreconditionFailed, RegistryError
from modelyard.domain.permission import Permission
from modelyard.domain.reference import parse_reference
from modelyard.presentation.api.addresses import ModelPath, VersionRef
from modelyard.presentation.http.access import may
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
    """Make an alias, move it here from another version, protect it or lift its protection."""
    form = await read_form(request)
    name = form.get("name", "").strip().removeprefix("@")
    here = request.url.path.removesuffix("/aliases")
    is_protected = _PROTECTION.get(form.get("protected", ""))
    try:
        alias, _ = await context_of(request).database.write(
            aliasing.point_alias,
            actor_of(request),
            model,
            name,
            parse_reference(ref),
            _expected(form),
            is_protected=is_protected,
            may_move_protected=may(request, Permission.ALIASES_PROTECTED, model),
        )
    except RegistryError as error:
        return see_other(request, here, failed(_why(error)))
    return see_other(request, here, done(_told(alias, is_protected)))


@router.post(f"{_BASE}/remove", **page(Permission.ALIASES_MOVE))
async def remove(request: Request, model: ModelPath, ref: VersionRef) -> Response:
    """Take an alias away; the version stays."""
    form = await read_form(request)
    name = form.get("name", "")
    here = request.url.path.removesuffix("/aliases/remove")
    parse_reference(ref)
    try:
        await context_of(request).database.write(
            aliasing.delete_alias,
            actor_of(request),
            model,
            name,
            _expected(form),
            may_move_protected=may(request, Permission.ALIASES_PROTECTED, model),
        )
    except RegistryError as error:
        return see_other(request, here, failed(_why(error)))
    return see_other(request, here, done(f"{model}@{name} is no more."))


_PROTECTION: Mapping[str, bool] = {"true": True, "false": False}
"""By what the form says of it; a box that is not ticked says nothing, and leaves it as it is."""


def _expected(form: Mapping[str, str]) -> Expected:
    """The state that the page showed, where the form is about an alias that was shown."""
    return {form["tag"]} if "tag" in form else None


def _told(alias: Alias, wanted: bool | None) -> str:
    told = ", and protected" if alias.is_protected else ", and not protected" if wanted is False else ""
    return f"{alias.model}@{alias.name} is version {alias.version} now{told}."


def _why(error: RegistryError) -> str:
    if isinstance(error, PreconditionFailed):
        return "Somebody else has changed the alias meanwhile, so nothing was done. Look at it again."
    fault = f": {error.errors[0].message}" if error.errors else ""
    return f"{error.message}{fault}. {error.hint}".strip()

"""The page on which versions are registered."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import Query, Request, Response

from modelyard.application.ports.database import Transaction
from modelyard.application.queries.listing import list_models
from modelyard.application.queries.page import PageRequest
from modelyard.application.services.parentage import require_parent
from modelyard.application.services.registering import register_measured
from modelyard.domain.errors import FieldError, InvalidInput, RegistryError, UnsupportedMedia
from modelyard.domain.json_value import JsonObject
from modelyard.domain.model_version import ModelVersion
from modelyard.domain.names import check_model_name
from modelyard.domain.permission import Permission
from modelyard.presentation.api.uploads.possession import require_referable
from modelyard.presentation.api.versions.registration import FORM, is_form
from modelyard.presentation.api.versions.schemas import VersionCreate
from modelyard.presentation.http.access import may, require, scan_seen, standing_of
from modelyard.presentation.http.context import context_of
from modelyard.presentation.http.validation import validated
from modelyard.presentation.web.caller import actor_of
from modelyard.presentation.web.flash import done
from modelyard.presentation.web.forms import FormView, refused
from modelyard.presentation.web.links import version_link
from modelyard.presentation.web.page import page, page_router
from modelyard.presentation.web.pages.actions.tag_lines import tags_in
from modelyard.presentation.web.pages.register.lines import metrics_in, params_in
from modelyard.presentation.web.pages.register.reading import Sent, read_registration
from modelyard.presentation.web.pages.register.view import document_of, register_view, shown_fields
from modelyard.presentation.web.rendering import see_other, show

router = page_router()

_MODELS = 200


@router.get("/register", **page(Permission.VERSIONS_REGISTER))
async def show_registering(request: Request, model: Annotated[str, Query(max_length=200)] = "") -> Response:
    """The form; of a model, if one is named."""
    return await _show(request, FormView(values={"model": model}), Sent())


@router.post("/register", **page(Permission.VERSIONS_REGISTER))
async def register(request: Request) -> Response:
    """Register a version with the files that come along, or came before; or show the form again, which keeps them."""
    if not is_form(request):
        raise UnsupportedMedia(f"the form comes as {FORM}")
    sent = await read_registration(request, actor_of(request), lambda model: _check_model(request, model))
    try:
        if sent.fault is not None:
            raise sent.fault
        version = await _registered(request, sent)
    except RegistryError as error:
        return await _show(request, refused(shown_fields(sent.fields), error), sent)
    name = f"{version.model}:{version.number}"
    return see_other(request, version_link(version.model, version.number), done(f"{name} is registered."))


async def _registered(request: Request, sent: Sent) -> ModelVersion:
    fields, model = sent.fields, sent.fields.get("model", "").strip()
    _check_model(request, model)
    if not sent.files:
        raise InvalidInput("a version has at least one file", errors=[FieldError(pointer="file", message="choose one")])
    batch = metrics_in(fields.get("metrics", ""))
    if batch:
        require(request, Permission.METRICS_APPEND, model)
    document = document_of(fields, sent.files)
    described: JsonObject = {"tags": tags_in(fields.get("tags", "")), "params": params_in(fields.get("params", ""))}
    draft = validated(VersionCreate, {**document, **described}).draft()
    await require_referable(request, draft)
    require_parent(draft, lambda parent: may(request, Permission.MODELS_READ, parent))
    creates = may(request, Permission.MODELS_CREATE, model)
    context = context_of(request)
    return await context.database.write(
        register_measured,
        actor_of(request),
        model,
        draft,
        batch,
        creates_model=creates,
        quotas=context.quotas,
        bounds=context.bounds,
    )


def _check_model(request: Request, model: str) -> None:
    """Before gigabytes come."""
    check_model_name(model, "model")
    require(request, Permission.VERSIONS_REGISTER, model)


async def _show(request: Request, form: FormView, sent: Sent) -> Response:
    models = await scan_seen(request, _names)
    actor = actor_of(request).name if standing_of(request) is None else ""
    return await show(request, "register.html", register_view(form, models, actor, sent.files), form.status)


def _names(tx: Transaction) -> Sequence[str]:
    return [model.name for model in list_models(tx, PageRequest(limit=_MODELS)).items]

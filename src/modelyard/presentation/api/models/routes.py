"""The routes of models."""

from functools import partial
from typing import Annotated

from fastapi import Query, Request, Response

from modelyard.application.ports.answers import Answer
from modelyard.application.queries.listing import MODEL_ORDER
from modelyard.application.queries.listing import list_models as list_page
from modelyard.application.services import catalog
from modelyard.domain import errors
from modelyard.domain.form_errors import FormatUnavailable
from modelyard.domain.permission import Permission
from modelyard.domain.registered_model import RegisteredModel
from modelyard.presentation.api.addresses import ModelPath
from modelyard.presentation.api.exported_lists import Listing, list_response
from modelyard.presentation.api.lists import SearchParameters, sorting
from modelyard.presentation.api.models.schemas import (
    Deleted,
    ModelCreate,
    ModelPage,
    ModelRead,
    ModelRename,
    ModelUpdate,
)
from modelyard.presentation.exports.response import exported
from modelyard.presentation.http import documentation as docs
from modelyard.presentation.http.access import require, scan_seen
from modelyard.presentation.http.answers import (
    address,
    json_answer,
    json_body,
    response_of,
    sweep_once,
    tagged_response,
    write_once,
)
from modelyard.presentation.http.conditions import etag, expected_tags
from modelyard.presentation.http.context import context_of, principal_of
from modelyard.presentation.http.routing import registry_router

router = registry_router("models")


class ModelSearch(SearchParameters):
    """Which page of a search for models."""

    sort: str = sorting(MODEL_ORDER, "model-order")


@router.post(
    "/models",
    status_code=201,
    response_model=ModelRead,
    **docs.documented(
        Permission.MODELS_CREATE,
        errors=(*docs.TAKES_JSON, *docs.ONCE, errors.ModelExists, errors.ModelNotFound),
        answers={201: {"headers": docs.ETAG | docs.LOCATION | docs.REPLAYED}},
        parameters=[docs.ACTOR, docs.IDEMPOTENCY_KEY],
    ),
)
async def create_model(request: Request, model: ModelCreate) -> Response:
    """Create a model, under which versions can be registered."""
    require(request, Permission.MODELS_CREATE, model.name)
    body = await request.body()
    return await write_once(
        request,
        body,
        partial(_rendered, 201),
        catalog.create_model,
        principal_of(request),
        model.draft(),
        bounds=context_of(request).bounds,
    )


@router.get(
    "/models",
    response_model=ModelPage,
    **docs.documented(
        Permission.MODELS_READ,
        errors=(*docs.READS, errors.QuerySyntaxError, errors.QueryTooCostly, errors.InvalidCursor, FormatUnavailable),
        answers={200: exported("name,description,…\r\nchurn,,…\r\n", '{"name":"churn",…}\n')},
    ),
)
async def list_models(request: Request, wanted: Annotated[ModelSearch, Query()]) -> Response:
    """List or search models, by default in the order of their names; or export all that fit."""
    listing = Listing(
        read=lambda page: scan_seen(request, list_page, page),
        show_page=ModelPage.model_validate,
        item=ModelRead,
        show=ModelRead.model_validate,
        file_name="models",
    )
    return await list_response(request, wanted, listing, wanted.columns)


@router.get(
    "/models/{model}",
    response_model=ModelRead,
    **docs.documented(
        Permission.MODELS_READ,
        errors=(*docs.READS, errors.ModelNotFound),
        answers={200: {"headers": docs.ETAG}, **docs.NOT_MODIFIED},
        parameters=[docs.IF_NONE_MATCH],
    ),
)
async def read_model(request: Request, model: ModelPath) -> Response:
    """Read a model."""
    found = await context_of(request).database.read(catalog.read_model, model)
    return tagged_response(request, found.tag, lambda: json_body(ModelRead.model_validate(found)))


@router.patch(
    "/models/{model}",
    response_model=ModelRead,
    **docs.documented(
        Permission.MODELS_EDIT,
        errors=(*docs.TAKES_JSON, *docs.CONDITIONAL, errors.ModelNotFound),
        answers={200: {"headers": docs.ETAG}},
        parameters=[docs.ACTOR, docs.IF_MATCH],
    ),
)
async def update_model(request: Request, model: ModelPath, change: ModelUpdate) -> Response:
    """Change a model's description and tags (JSON Merge Patch)."""
    changed = await context_of(request).database.write(
        catalog.update_model,
        principal_of(request),
        model,
        change.patch(),
        expected_tags(request),
        bounds=context_of(request).bounds,
    )
    return response_of(_rendered(200, changed))


@router.post(
    "/models/{model}/rename",
    response_model=ModelRead,
    **docs.documented(
        Permission.MODELS_RENAME,
        errors=(*docs.TAKES_JSON, *docs.CONDITIONAL, *docs.ONCE, errors.ModelNotFound, errors.ModelExists),
        answers={200: {"headers": docs.ETAG | docs.LOCATION | docs.REPLAYED}},
        parameters=[docs.ACTOR, docs.IF_MATCH, docs.IDEMPOTENCY_KEY],
    ),
)
async def rename_model(request: Request, model: ModelPath, change: ModelRename) -> Response:
    """Give a model another name. Versions, aliases and history go with it; the old name becomes free."""
    require(request, Permission.MODELS_CREATE, change.name)
    return await sweep_once(
        request,
        await request.body(),
        partial(_rendered, 200),
        catalog.rename_model,
        principal_of(request),
        model,
        change.name,
        expected_tags(request),
    )


@router.delete(
    "/models/{model}",
    response_model=Deleted,
    **docs.documented(
        Permission.MODELS_DELETE,
        errors=(*docs.WRITES, *docs.CONDITIONAL, errors.ModelNotFound, errors.ModelInUse),
        parameters=[docs.ACTOR, docs.IF_MATCH],
    ),
)
async def delete_model(
    request: Request,
    model: ModelPath,
    force: bool = Query(default=False, description="Delete it even with versions in use, or aliases"),
) -> Deleted:
    """Delete a model with all its versions; its history stays. The answer says how many bytes become free."""
    if force:
        require(request, Permission.DELETIONS_FORCE, model)
    freed_bytes = await context_of(request).database.sweep(
        catalog.delete_model, principal_of(request), model, expected_tags(request), is_forced=force
    )
    return Deleted(freed_bytes=freed_bytes)


def _rendered(status: int, model: RegisteredModel) -> Answer:
    headers = {"ETag": etag(model.tag), "Location": address("models", model.name)}
    return json_answer(ModelRead.model_validate(model), status, headers)

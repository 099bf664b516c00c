"""The routes of versions."""

from datetime import datetime
from functools import partial
from typing import Annotated

from fastapi import Query, Request, Response

from modelyard.application.ports.answers import Answer
from modelyard.application.queries.listing import VERSION_OF_MODEL_ORDER, VERSION_ORDER, list_newest_versions
from modelyard.application.queries.listing import list_versions as list_page
from modelyard.application.queries.page import Page, PageRequest
from modelyard.application.queries.places import version_at
from modelyard.application.services import catalog, publishing
from modelyard.application.services.parentage import require_parent
from modelyard.domain import errors
from modelyard.domain.form_errors import FormatUnavailable
from modelyard.domain.metric import check_recorded_at
from modelyard.domain.model_version import ModelVersion
from modelyard.domain.model_version import VersionSummary as ListedVersion
from modelyard.domain.permission import Permission
from modelyard.domain.reference import parse_reference
from modelyard.presentation.api.addresses import ModelPath, VersionRef
from modelyard.presentation.api.exported_lists import Listing, list_response
from modelyard.presentation.api.lists import SearchParameters, sorting
from modelyard.presentation.api.models.schemas import Deleted
from modelyard.presentation.api.uploads.possession import require_referable
from modelyard.presentation.api.versions.registration import BODY, is_form, receive_version
from modelyard.presentation.api.versions.schemas import VersionPage, VersionRead, VersionSummary, VersionUpdate
from modelyard.presentation.exports.response import exported
from modelyard.presentation.http import documentation as docs
from modelyard.presentation.http.access import may, require, scan_seen
from modelyard.presentation.http.answers import (
    address,
    json_answer,
    json_body,
    response_of,
    tagged_response,
    write_once,
)
from modelyard.presentation.http.conditions import etag, expected_tags
from modelyard.presentation.http.context import context_of, principal_of, state_of
from modelyard.presentation.http.recent_answers import RecentAnswer
from modelyard.presentation.http.routing import registry_router

router = registry_router("versions")

MISSING: docs.Errors = (errors.ModelNotFound, errors.VersionNotFound)
SEARCHES: docs.Errors = (
    *docs.READS,
    errors.QuerySyntaxError,
    errors.QueryTooCostly,
    errors.InvalidCursor,
    FormatUnavailable,
)
EXPORTED = {200: exported("model,number,…\r\nchurn,4,…\r\n", '{"model":"churn","number":4,…}\n')}


_AT: datetime | None = Query(
    default=None,
    description="Which version the reference named at that moment; it is shown as it is now",
    examples=["2026-01-31T12:00:00Z"],
)


class VersionSearch(SearchParameters):
    """Which page of a search for versions of all models."""

    sort: str = sorting(VERSION_ORDER, "version-order")


class VersionOfModelSearch(SearchParameters):
    """Which page of a search for versions of one model."""

    sort: str = sorting(VERSION_OF_MODEL_ORDER, "version-order")


@router.get(
    "/models/{model}/versions/{ref}",
    response_model=VersionRead,
    **docs.documented(
        Permission.MODELS_READ,
        errors=(*docs.READS, *MISSING),
        answers={200: {"headers": docs.ETAG}, **docs.NOT_MODIFIED},
        parameters=[docs.IF_NONE_MATCH],
    ),
)
async def read_version(
    request: Request,
    model: ModelPath,
    ref: VersionRef,
    at: datetime | None = _AT,
) -> Response:
    """Read a version by its number (`7`), a stage (`production`), `latest`, or an alias (`@champion`)."""
    context = context_of(request)
    if at is not None:
        check_recorded_at(at, "at")
        version = await context.database.scan(version_at, model, parse_reference(ref), at)
        return tagged_response(request, version.tag, lambda: json_body(VersionRead.model_validate(version)))
    state = await state_of(request)
    answer = context.recent_versions.find(state, (model, ref))
    if answer is None:
        version = await context.database.read(publishing.read_version, model, parse_reference(ref))
        answer = RecentAnswer(version.tag, json_body(VersionRead.model_validate(version)))
        context.recent_versions.keep(state, (model, ref), answer)
    return tagged_response(request, answer.tag, lambda: answer.body)


@router.post(
    "/models/{model}/versions",
    status_code=201,
    response_model=VersionRead,
    **docs.documented(
        Permission.VERSIONS_REGISTER,
        errors=(
            *docs.TAKES_JSON,
            *docs.ONCE,
            errors.ModelNotFound,
            errors.BlobsMissing,
            errors.SizeMismatch,
            errors.StorageUnavailable,
        ),
        answers={201: {"headers": docs.ETAG | docs.LOCATION | docs.REPLAYED}},
        parameters=[docs.ACTOR, docs.IDEMPOTENCY_KEY],
        body=BODY,
    ),
)
async def register_version(
    request: Request,
    model: ModelPath,
    create_model: bool = Query(default=False, description="Create the model too, if it is not there"),
) -> Response:
    """Register the next version of a model: from a manifest of uploaded files, or from a form that brings them along.

    The version appears whole, in draft, under the next number of its model, or not at all. In one call:

        curl -F 'version={"description": "a tree"}' -F file=@model.joblib "$SERVER/api/v1/models/churn/versions"
    """
    principal = principal_of(request)
    if create_model:
        require(request, Permission.MODELS_CREATE, model)
    if is_form(request) and not create_model and "idempotency-key" not in request.headers:
        # Before gigabytes come; where there is a key, the answer may be one of a model that is gone by now.
        await context_of(request).database.read(catalog.read_model, model)
    draft, body = await receive_version(request, context_of(request), principal)
    await require_referable(request, draft)
    require_parent(draft, lambda parent: may(request, Permission.MODELS_READ, parent))
    return await write_once(
        request,
        body,
        partial(_rendered, 201),
        publishing.register_version,
        principal,
        model,
        draft,
        creates_model=create_model,
        quotas=context_of(request).quotas,
        bounds=context_of(request).bounds,
    )


@router.get(
    "/models/{model}/versions",
    response_model=VersionPage,
    **docs.documented(Permission.MODELS_READ, errors=(*SEARCHES, errors.ModelNotFound), answers=EXPORTED),
)
async def list_versions(
    request: Request, model: ModelPath, wanted: Annotated[VersionOfModelSearch, Query()]
) -> Response:
    """List or search the versions of a model, by default the newest first; or export all that fit."""
    return await _page(request, model, wanted)


@router.get(
    "/versions",
    response_model=VersionPage,
    **docs.documented(Permission.MODELS_READ, errors=SEARCHES, answers=EXPORTED),
)
async def search_versions(request: Request, wanted: Annotated[VersionSearch, Query()]) -> Response:
    """Search the versions of all models, by default the newest first; or export all that fit."""
    return await _page(request, None, wanted)


@router.patch(
    "/models/{model}/versions/{ref}",
    response_model=VersionRead,
    **docs.documented(
        Permission.VERSIONS_EDIT,
        errors=(*docs.TAKES_JSON, *docs.CONDITIONAL, *MISSING),
        answers={200: {"headers": docs.ETAG}},
        parameters=[docs.ACTOR, docs.IF_MATCH],
    ),
)
async def update_version(request: Request, model: ModelPath, ref: VersionRef, change: VersionUpdate) -> Response:
    """Change description, tags, metadata and card (JSON Merge Patch). Files, params and the rest never change."""
    version = await context_of(request).database.write(
        publishing.update_version,
        principal_of(request),
        model,
        parse_reference(ref),
        change.patch(),
        expected_tags(request),
        bounds=context_of(request).bounds,
    )
    return response_of(_rendered(200, version))


@router.delete(
    "/models/{model}/versions/{ref}",
    response_model=Deleted,
    **docs.documented(
        Permission.VERSIONS_DELETE,
        errors=(*docs.WRITES, *docs.CONDITIONAL, *MISSING, errors.VersionInUse),
        parameters=[docs.ACTOR, docs.IF_MATCH],
    ),
)
async def delete_version(
    request: Request,
    model: ModelPath,
    ref: VersionRef,
    force: bool = Query(default=False, description="Delete it even in staging or production, or with aliases"),
) -> Deleted:
    """Delete a version in draft or archived; its number is never given again. Says how many bytes become free."""
    if force:
        require(request, Permission.DELETIONS_FORCE, model)
    freed_bytes = await context_of(request).database.sweep(
        publishing.delete_version,
        principal_of(request),
        model,
        parse_reference(ref),
        expected_tags(request),
        is_forced=force,
    )
    return Deleted(freed_bytes=freed_bytes)


async def _page(request: Request, model: ModelPath | None, wanted: SearchParameters) -> Response:
    async def read(page: PageRequest) -> Page[ListedVersion]:
        if model is not None and page.is_plain:
            newest = await context_of(request).database.scan(list_newest_versions, model, page)
            if newest is not None:
                return newest
        return await scan_seen(request, list_page, model, page)

    listing = Listing(
        read=read,
        show_page=VersionPage.model_validate,
        item=VersionSummary,
        show=VersionSummary.model_validate,
        file_name="versions" if model is None else f"{model}-versions",
    )
    return await list_response(request, wanted, listing, wanted.columns)


def _rendered(status: int, version: ModelVersion) -> Answer:
    location = address("models", version.model, "versions", str(version.number))
    headers = {"ETag": etag(version.tag), "Location": location}
    return json_answer(VersionRead.model_validate(version), status, headers)

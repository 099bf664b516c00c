"""The routes of aliases."""

from fastapi import Request, Response

from modelyard.application.services import aliasing
from modelyard.domain import errors
from modelyard.domain.permission import Permission
from modelyard.domain.reference import ByNumber
from modelyard.presentation.api.addresses import AliasPath, ModelPath
from modelyard.presentation.api.aliases.schemas import AliasList, AliasPoint, AliasRead
from modelyard.presentation.http import documentation as docs
from modelyard.presentation.http.access import may
from modelyard.presentation.http.answers import address, json_answer, json_body, response_of, tagged_response
from modelyard.presentation.http.conditions import etag, expected_tags
from modelyard.presentation.http.context import context_of, principal_of
from modelyard.presentation.http.routing import registry_router

router = registry_router("aliases")


@router.get(
    "/models/{model}/aliases",
    response_model=AliasList,
    **docs.documented(Permission.MODELS_READ, errors=(*docs.READS, errors.ModelNotFound)),
)
async def list_aliases(request: Request, model: ModelPath) -> AliasList:
    """List the aliases of a model, by name."""
    aliases = await context_of(request).database.read(aliasing.list_aliases, model)
    return AliasList(items=[AliasRead.of(alias) for alias in aliases])


@router.get(
    "/models/{model}/aliases/{alias}",
    response_model=AliasRead,
    **docs.documented(
        Permission.MODELS_READ,
        errors=(*docs.READS, errors.ModelNotFound, errors.AliasNotFound),
        answers={200: {"headers": docs.ETAG}, **docs.NOT_MODIFIED},
        parameters=[docs.IF_NONE_MATCH],
    ),
)
async def read_alias(request: Request, model: ModelPath, alias: AliasPath) -> Response:
    """Read an alias. The version itself is at `/models/{model}/versions/@{alias}`."""
    found = await context_of(request).database.read(aliasing.read_alias, model, alias)
    return tagged_response(request, found.tag, lambda: json_body(AliasRead.of(found)))


@router.put(
    "/models/{model}/aliases/{alias}",
    response_model=AliasRead,
    **docs.documented(
        Permission.ALIASES_MOVE,
        errors=(*docs.TAKES_JSON, *docs.CONDITIONAL, errors.ModelNotFound, errors.VersionNotFound),
        answers={
            200: {"headers": docs.ETAG},
            201: {"model": AliasRead, "description": "The alias is new", "headers": docs.ETAG | docs.LOCATION},
        },
        parameters=[docs.ACTOR, docs.IF_MATCH, docs.IF_ABSENT],
    ),
)
async def point_alias(request: Request, model: ModelPath, alias: AliasPath, target: AliasPoint) -> Response:
    """Make an alias, move it to another version, protect it. `If-None-Match: *` only makes one.

    Changing a protected one needs `aliases:move-protected`.
    """
    pointed, is_new = await context_of(request).database.write(
        aliasing.point_alias,
        principal_of(request),
        model,
        alias,
        ByNumber(target.version),
        expected_tags(request),
        is_protected=target.protected,
        may_move_protected=may(request, Permission.ALIASES_PROTECTED, model),
        reason=target.reason,
    )
    headers = {"ETag": etag(pointed.tag), "Location": address("models", model, "aliases", alias)}
    return response_of(json_answer(AliasRead.of(pointed), 201 if is_new else 200, headers))


@router.delete(
    "/models/{model}/aliases/{alias}",
    status_code=204,
    response_model=None,
    **docs.documented(
        Permission.ALIASES_MOVE,
        errors=(*docs.WRITES, *docs.CONDITIONAL, errors.ModelNotFound, errors.AliasNotFound),
        parameters=[docs.ACTOR, docs.IF_MATCH],
    ),
)
async def delete_alias(request: Request, model: ModelPath, alias: AliasPath) -> Response:
    """Take an alias away; the version stays. A protected one needs `aliases:move-protected`."""
    await context_of(request).database.write(
        aliasing.delete_alias,
        principal_of(request),
        model,
        alias,
        expected_tags(request),
        may_move_protected=may(request, Permission.ALIASES_PROTECTED, model),
    )
    return Response(status_code=204)

"""The routes of policies."""

from fastapi import Request, Response

from modelyard.application.services import governing
from modelyard.domain import errors
from modelyard.domain.permission import Permission
from modelyard.domain.promotion_errors import PolicyNotFound
from modelyard.presentation.api.addresses import ModelPath, PatternPath
from modelyard.presentation.api.policies.schemas import GoverningRead, PolicyList, PolicyRead, PolicyWrite
from modelyard.presentation.http import documentation as docs
from modelyard.presentation.http.access import denied, may, visibility_of
from modelyard.presentation.http.answers import address, json_answer, json_body, response_of, tagged_response
from modelyard.presentation.http.conditions import etag, expected_tags
from modelyard.presentation.http.context import context_of, principal_of
from modelyard.presentation.http.routing import registry_router

router = registry_router("policies")

_NEW = docs.ETAG | docs.LOCATION


@router.get(
    "/models/{model}/policy",
    response_model=GoverningRead,
    **docs.documented(
        Permission.MODELS_READ,
        errors=(*docs.READS, errors.ModelNotFound),
        answers={200: {"headers": docs.ETAG}, **docs.NOT_MODIFIED},
        parameters=[docs.IF_NONE_MATCH],
    ),
)
async def read_model_policy(request: Request, model: ModelPath) -> Response:
    """Read the policy that holds for a model, and why: its own, that of the most specific glob, or the built-in one."""
    held = await context_of(request).database.read(governing.read_governing, model)
    return tagged_response(request, held.tag, lambda: json_body(GoverningRead.governing(held)))


@router.put(
    "/models/{model}/policy",
    response_model=GoverningRead,
    **docs.documented(
        Permission.POLICIES_EDIT,
        errors=(*docs.TAKES_JSON, *docs.CONDITIONAL, errors.ModelNotFound),
        answers={
            200: {"headers": docs.ETAG},
            201: {"model": GoverningRead, "description": "The model had none of its own", "headers": _NEW},
        },
        parameters=[docs.ACTOR, docs.IF_MATCH, docs.IF_ABSENT],
    ),
)
async def set_model_policy(request: Request, model: ModelPath, policy: PolicyWrite) -> Response:
    """Give a model a policy of its own. A gate that does not parse is refused, with the position."""
    held, is_new = await context_of(request).database.write(
        governing.set_model_policy, principal_of(request), model, policy.policy(), expected_tags(request)
    )
    headers = {"ETag": etag(held.tag), "Location": address("models", model, "policy")}
    return response_of(json_answer(GoverningRead.governing(held), 201 if is_new else 200, headers))


@router.delete(
    "/models/{model}/policy",
    status_code=204,
    response_model=None,
    **docs.documented(
        Permission.POLICIES_EDIT,
        errors=(*docs.WRITES, *docs.CONDITIONAL, errors.ModelNotFound, PolicyNotFound),
        parameters=[docs.ACTOR, docs.IF_MATCH],
    ),
)
async def delete_model_policy(request: Request, model: ModelPath) -> Response:
    """Take a model's own policy away; that of a glob, or the built-in one, holds again."""
    await context_of(request).database.write(
        governing.delete_model_policy, principal_of(request), model, expected_tags(request)
    )
    return Response(status_code=204)


@router.get("/policies", response_model=PolicyList, **docs.documented(Permission.MODELS_READ, errors=docs.READS))
async def list_policies(request: Request) -> PolicyList:
    """List the policies of globs, by pattern."""
    stored, visible = await context_of(request).database.read(governing.list_pattern_policies), visibility_of(request)
    return PolicyList(items=[PolicyRead.of(each) for each in stored if visible.touches(each.pattern or "")])


@router.get(
    "/policies/{pattern}",
    response_model=PolicyRead,
    **docs.documented(
        Permission.MODELS_READ,
        errors=(*docs.READS, PolicyNotFound),
        answers={200: {"headers": docs.ETAG}, **docs.NOT_MODIFIED},
        parameters=[docs.IF_NONE_MATCH],
    ),
)
async def read_policy(request: Request, pattern: PatternPath) -> Response:
    """Read the policy of a glob."""
    if not visibility_of(request).touches(pattern):
        raise governing.no_policy(pattern)
    held = await context_of(request).database.read(governing.read_pattern_policy, pattern)
    return tagged_response(request, held.tag, lambda: json_body(PolicyRead.of(held)))


@router.put(
    "/policies/{pattern}",
    response_model=PolicyRead,
    **docs.documented(
        Permission.POLICIES_EDIT,
        errors=(*docs.TAKES_JSON, *docs.CONDITIONAL),
        answers={
            200: {"headers": docs.ETAG},
            201: {"model": PolicyRead, "description": "The policy is new", "headers": _NEW},
        },
        parameters=[docs.ACTOR, docs.IF_MATCH, docs.IF_ABSENT],
    ),
)
async def set_policy(request: Request, pattern: PatternPath, policy: PolicyWrite) -> Response:
    """Give all models whose names match a glob a policy; one of their own, or of a more specific glob, goes before."""
    _require_all_of(request, pattern)
    held, is_new = await context_of(request).database.write(
        governing.set_pattern_policy, principal_of(request), pattern, policy.policy(), expected_tags(request)
    )
    headers = {"ETag": etag(held.tag), "Location": address("policies", pattern)}
    return response_of(json_answer(PolicyRead.of(held), 201 if is_new else 200, headers))


@router.delete(
    "/policies/{pattern}",
    status_code=204,
    response_model=None,
    **docs.documented(
        Permission.POLICIES_EDIT,
        errors=(*docs.WRITES, *docs.CONDITIONAL, PolicyNotFound),
        parameters=[docs.ACTOR, docs.IF_MATCH],
    ),
)
async def delete_policy(request: Request, pattern: PatternPath) -> Response:
    """Take the policy of a glob away."""
    _require_all_of(request, pattern)
    await context_of(request).database.write(
        governing.delete_pattern_policy, principal_of(request), pattern, expected_tags(request)
    )
    return Response(status_code=204)


def _require_all_of(request: Request, pattern: str) -> None:
    """Ask for the right in all models that a glob may match: what covers the glob itself covers what it matches."""
    if not may(request, Permission.POLICIES_EDIT, pattern):
        raise denied(Permission.POLICIES_EDIT)

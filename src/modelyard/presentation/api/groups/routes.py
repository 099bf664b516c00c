"""The routes of groups."""

from fastapi import Request, Response

from modelyard.application.services import administering
from modelyard.domain.access_errors import AccountNotFound, GroupExists, GroupNotFound, LastAdministrator
from modelyard.domain.permission import Permission
from modelyard.presentation.api.addresses import AccountPath, GroupPath
from modelyard.presentation.api.groups.schemas import GroupCreate, GroupList, GroupRead
from modelyard.presentation.http import documentation as docs
from modelyard.presentation.http.answers import (
    address,
    json_answer,
    json_body,
    tagged_response,
    write_once,
)
from modelyard.presentation.http.conditions import etag, expected_tags
from modelyard.presentation.http.context import context_of, principal_of
from modelyard.presentation.http.routing import registry_router

router = registry_router("groups")

MISSING: docs.Errors = (GroupNotFound, AccountNotFound)


@router.post(
    "/groups",
    status_code=201,
    response_model=GroupRead,
    **docs.documented(
        Permission.ACCESS_EDIT,
        errors=(*docs.TAKES_JSON, *docs.ONCE, GroupExists),
        answers={201: {"headers": docs.ETAG | docs.LOCATION | docs.REPLAYED}},
        parameters=[docs.ACTOR, docs.IDEMPOTENCY_KEY],
    ),
)
async def create_group(request: Request, wanted: GroupCreate) -> Response:
    """Make a group; what is granted to it, its members share."""
    return await write_once(
        request,
        await request.body(),
        lambda group: json_answer(
            GroupRead.of(group), 201, {"ETag": etag(group.tag), "Location": address("groups", group.name)}
        ),
        administering.create_group,
        principal_of(request),
        wanted.name,
        wanted.description,
    )


@router.get("/groups", response_model=GroupList, **docs.documented(Permission.ACCESS_EDIT, errors=docs.READS))
async def list_groups(request: Request) -> GroupList:
    """List all groups, by name."""
    found = await context_of(request).database.scan(administering.list_groups)
    return GroupList(items=[GroupRead.of(group) for group in found])


@router.get(
    "/groups/{group}",
    response_model=GroupRead,
    **docs.documented(
        Permission.ACCESS_EDIT,
        errors=(*docs.READS, GroupNotFound),
        answers={200: {"headers": docs.ETAG}, **docs.NOT_MODIFIED},
        parameters=[docs.IF_NONE_MATCH],
    ),
)
async def read_group(request: Request, group: GroupPath) -> Response:
    """Read a group, with its members."""
    found = await context_of(request).database.read(administering.read_group, group)
    return tagged_response(request, found.tag, lambda: json_body(GroupRead.of(found)))


@router.delete(
    "/groups/{group}",
    status_code=204,
    response_model=None,
    **docs.documented(
        Permission.ACCESS_EDIT,
        errors=(*docs.WRITES, *docs.CONDITIONAL, GroupNotFound, LastAdministrator),
        parameters=[docs.ACTOR, docs.IF_MATCH],
    ),
)
async def delete_group(request: Request, group: GroupPath) -> Response:
    """Delete a group, with what is granted to it."""
    await context_of(request).database.write(
        administering.delete_group, principal_of(request), group, expected_tags(request)
    )
    return Response(status_code=204)


@router.put(
    "/groups/{group}/members/{account}",
    response_model=GroupRead,
    **docs.documented(Permission.ACCESS_EDIT, errors=(*docs.WRITES, *MISSING), parameters=[docs.ACTOR]),
)
async def join_group(request: Request, group: GroupPath, account: AccountPath) -> GroupRead:
    """Make an account a member."""
    database = context_of(request).database
    return GroupRead.of(await database.write(administering.join_group, principal_of(request), group, account))


@router.delete(
    "/groups/{group}/members/{account}",
    response_model=GroupRead,
    **docs.documented(
        Permission.ACCESS_EDIT, errors=(*docs.WRITES, *MISSING, LastAdministrator), parameters=[docs.ACTOR]
    ),
)
async def leave_group(request: Request, group: GroupPath, account: AccountPath) -> GroupRead:
    """Make an account no member any more."""
    database = context_of(request).database
    return GroupRead.of(await database.write(administering.leave_group, principal_of(request), group, account))

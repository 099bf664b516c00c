"""The routes of grants."""

from fastapi import Query, Request, Response

from modelyard.application.services import administering
from modelyard.domain.access_errors import AccountNotFound, GrantNotFound, GroupNotFound, LastAdministrator
from modelyard.domain.permission import Permission
from modelyard.presentation.api.addresses import GrantPath
from modelyard.presentation.api.grants.schemas import GrantCreate, GrantList, GrantRead, SubjectText, subject_of
from modelyard.presentation.http import documentation as docs
from modelyard.presentation.http.answers import address, json_answer, write_once
from modelyard.presentation.http.context import context_of, principal_of
from modelyard.presentation.http.routing import registry_router

router = registry_router("grants")

MISSING: docs.Errors = (AccountNotFound, GroupNotFound)
_SUBJECT: SubjectText | None = Query(default=None, description="Those of one account or group alone")


@router.post(
    "/grants",
    status_code=201,
    response_model=GrantRead,
    **docs.documented(
        Permission.ACCESS_EDIT,
        errors=(*docs.TAKES_JSON, *docs.ONCE, *MISSING),
        answers={201: {"headers": docs.LOCATION | docs.REPLAYED}},
        parameters=[docs.ACTOR, docs.IDEMPOTENCY_KEY],
    ),
)
async def create_grant(request: Request, wanted: GrantCreate) -> Response:
    """Give an account or a group a role in all models whose names match. Giving what is given changes nothing."""
    return await write_once(
        request,
        await request.body(),
        lambda stored: json_answer(GrantRead.of(stored), 201, {"Location": address("grants", str(stored.id))}),
        administering.grant_role,
        principal_of(request),
        wanted.grant(),
    )


@router.get(
    "/grants",
    response_model=GrantList,
    **docs.documented(Permission.ACCESS_EDIT, errors=(*docs.READS, *MISSING)),
)
async def list_grants(request: Request, subject: SubjectText | None = _SUBJECT) -> GrantList:
    """List what is granted: to whom, in which models, which role."""
    wanted = None if subject is None else subject_of(subject)
    found = await context_of(request).database.scan(administering.list_grants, wanted)
    return GrantList(items=[GrantRead.of(stored) for stored in found])


@router.delete(
    "/grants/{grant_id}",
    status_code=204,
    response_model=None,
    **docs.documented(
        Permission.ACCESS_EDIT, errors=(*docs.WRITES, GrantNotFound, LastAdministrator), parameters=[docs.ACTOR]
    ),
)
async def delete_grant(request: Request, grant_id: GrantPath) -> Response:
    """Take a role away; it holds for no request that begins after the answer."""
    await context_of(request).database.write(administering.revoke_role, principal_of(request), grant_id)
    return Response(status_code=204)

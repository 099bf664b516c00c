"""The routes of workload identities: which jobs and pods may act as which services."""

from fastapi import Request, Response

from modelyard.application.services import workloads
from modelyard.domain.access_errors import AccountNotFound, WorkloadIdentityNotFound
from modelyard.domain.permission import Permission
from modelyard.presentation.api.addresses import WorkloadIdentityPath
from modelyard.presentation.api.workloads.schemas import (
    WorkloadIdentityCreate,
    WorkloadIdentityList,
    WorkloadIdentityRead,
)
from modelyard.presentation.http import documentation as docs
from modelyard.presentation.http.answers import address, json_answer, write_once
from modelyard.presentation.http.context import context_of, principal_of
from modelyard.presentation.http.routing import registry_router

router = registry_router("tokens")


@router.post(
    "/workload-identities",
    status_code=201,
    response_model=WorkloadIdentityRead,
    **docs.documented(
        Permission.ACCESS_EDIT,
        errors=(*docs.TAKES_JSON, *docs.ONCE, AccountNotFound),
        answers={201: {"headers": docs.LOCATION | docs.REPLAYED}},
        parameters=[docs.ACTOR, docs.IDEMPOTENCY_KEY],
    ),
)
async def create_workload_identity(request: Request, wanted: WorkloadIdentityCreate) -> Response:
    """Let workloads of an issuer, for an audience, whose subject matches, act as a service: `POST /oauth/token`."""
    return await write_once(
        request,
        await request.body(),
        lambda made: json_answer(
            WorkloadIdentityRead.of(made), 201, {"Location": address("workload-identities", str(made.id))}
        ),
        workloads.create_workload_identity,
        principal_of(request),
        wanted.draft(),
        context_of(request).workload_issuers,
    )


@router.get(
    "/workload-identities",
    response_model=WorkloadIdentityList,
    **docs.documented(Permission.ACCESS_EDIT, errors=docs.READS),
)
async def list_workload_identities(request: Request) -> WorkloadIdentityList:
    """List which workloads may act as which services."""
    found = await context_of(request).database.scan(workloads.list_workload_identities)
    return WorkloadIdentityList(items=[WorkloadIdentityRead.of(one) for one in found])


@router.delete(
    "/workload-identities/{identity_id}",
    status_code=204,
    response_model=None,
    **docs.documented(Permission.ACCESS_EDIT, errors=(*docs.WRITES, WorkloadIdentityNotFound), parameters=[docs.ACTOR]),
)
async def delete_workload_identity(request: Request, identity_id: WorkloadIdentityPath) -> Response:
    """Trust these workloads no more. The tokens that they have by this rule are good for nothing at once."""
    await context_of(request).database.write(workloads.delete_workload_identity, principal_of(request), identity_id)
    return Response(status_code=204)

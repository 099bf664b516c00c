"""The routes of requests for approval."""

from collections.abc import Callable
from functools import partial
from typing import Annotated

from fastapi import Query, Request, Response

from modelyard.application.ports.answers import Answer
from modelyard.application.ports.database import Transaction
from modelyard.application.services import approving
from modelyard.application.services.approving import Reviewed
from modelyard.domain import errors, promotion_errors
from modelyard.domain.permission import Permission
from modelyard.domain.principal import Principal
from modelyard.presentation.api.addresses import ModelPath, RequestPath
from modelyard.presentation.api.requests.schemas import (
    Decision,
    Rejection,
    RequestCreate,
    RequestDetail,
    RequestList,
    RequestPage,
    RequestRead,
)
from modelyard.presentation.http import documentation as docs
from modelyard.presentation.http.answers import address, json_answer, page_response, response_of, write_once
from modelyard.presentation.http.conditions import etag
from modelyard.presentation.http.context import context_of, principal_of
from modelyard.presentation.http.routing import registry_router

router = registry_router("approvals")

MISSING: docs.Errors = (errors.ModelNotFound, promotion_errors.RequestNotFound)
DECIDES: docs.Errors = (*docs.TAKES_JSON, *docs.ONCE, *MISSING, promotion_errors.RequestClosed)
DECIDED = {200: {"headers": docs.ETAG | docs.REPLAYED}}


@router.post(
    "/models/{model}/requests",
    status_code=201,
    response_model=RequestDetail,
    **docs.documented(
        Permission.APPROVALS_REQUEST,
        errors=(
            *docs.TAKES_JSON,
            *docs.ONCE,
            errors.ModelNotFound,
            errors.VersionNotFound,
            errors.TransitionRefused,
            promotion_errors.RequestExists,
        ),
        answers={201: {"headers": docs.ETAG | docs.LOCATION | docs.REPLAYED}},
        parameters=[docs.ACTOR, docs.IDEMPOTENCY_KEY],
    ),
)
async def create_request(request: Request, model: ModelPath, wanted: RequestCreate) -> Response:
    """Ask others to approve a change of stage. It happens by itself with the last approval that is needed.

    The approvals count as long as the version is described as it was, and the policy is the same.
    """
    return await write_once(
        request,
        await request.body(),
        partial(_rendered, 201),
        approving.request_step,
        principal_of(request),
        model,
        wanted.wanted(),
    )


@router.get(
    "/models/{model}/requests",
    response_model=RequestPage,
    **docs.documented(
        Permission.MODELS_READ,
        errors=(*docs.READS, errors.ModelNotFound, errors.InvalidCursor),
        answers={200: {"headers": docs.LINK}},
    ),
)
async def list_requests(request: Request, model: ModelPath, wanted: Annotated[RequestList, Query()]) -> Response:
    """List the requests of a model, the newest first."""
    page = await context_of(request).database.scan(
        approving.list_requests, model, wanted.status, wanted.page_request(request)
    )
    items = [RequestRead.of(standing) for standing in page.items]
    return page_response(request, RequestPage(items=items, next_cursor=page.next_cursor), page.next_cursor)


@router.get(
    "/models/{model}/requests/{request_id}",
    response_model=RequestDetail,
    **docs.documented(Permission.MODELS_READ, errors=(*docs.READS, *MISSING), answers={200: {"headers": docs.ETAG}}),
)
async def read_request(request: Request, model: ModelPath, request_id: RequestPath) -> Response:
    """Read a request, with what its step is held against now."""
    reviewed = await context_of(request).database.scan(approving.read_request, model, request_id)
    return response_of(_rendered(200, reviewed))


@router.post(
    "/models/{model}/requests/{request_id}/approve",
    response_model=RequestDetail,
    **docs.documented(
        Permission.APPROVALS_DECIDE,
        errors=(*DECIDES, promotion_errors.OwnRequest),
        answers=DECIDED,
        parameters=[docs.ACTOR, docs.IDEMPOTENCY_KEY],
    ),
)
async def approve_request(request: Request, model: ModelPath, request_id: RequestPath, decision: Decision) -> Response:
    """Approve what somebody else asked for. With the last approval that is needed, and all gates passed, it is done.

    When a gate does not pass, the approval counts, and the request stays open: POST the transition once it does.
    """
    return await _decide(request, approving.approve, model, request_id, decision)


@router.post(
    "/models/{model}/requests/{request_id}/reject",
    response_model=RequestDetail,
    **docs.documented(
        Permission.APPROVALS_DECIDE,
        errors=(*DECIDES, promotion_errors.OwnRequest),
        answers=DECIDED,
        parameters=[docs.ACTOR, docs.IDEMPOTENCY_KEY],
    ),
)
async def reject_request(request: Request, model: ModelPath, request_id: RequestPath, decision: Rejection) -> Response:
    """Reject what somebody else asked for; `reason` says why."""
    return await _decide(request, approving.reject, model, request_id, decision)


@router.post(
    "/models/{model}/requests/{request_id}/withdraw",
    response_model=RequestDetail,
    **docs.documented(
        Permission.APPROVALS_REQUEST,
        errors=DECIDES,
        answers=DECIDED,
        parameters=[docs.ACTOR, docs.IDEMPOTENCY_KEY],
    ),
)
async def withdraw_request(request: Request, model: ModelPath, request_id: RequestPath, decision: Decision) -> Response:
    """Take a request back."""
    return await _decide(request, approving.withdraw, model, request_id, decision)


async def _decide(
    request: Request,
    decide: Callable[[Transaction, Principal, str, int, str], Reviewed],
    model: str,
    request_id: int,
    decision: Decision | Rejection,
) -> Response:
    body, render = await request.body(), partial(_rendered, 200)
    return await write_once(request, body, render, decide, principal_of(request), model, request_id, decision.reason)


def _rendered(status: int, reviewed: Reviewed) -> Answer:
    held = reviewed.standing.request
    headers = {"ETag": etag(held.tag), "Location": address("models", held.model, "requests", str(held.id))}
    return json_answer(RequestDetail.reviewed(reviewed), status, headers)

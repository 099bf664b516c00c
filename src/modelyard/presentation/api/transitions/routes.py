"""The routes of changes of stage."""

from dataclasses import replace
from functools import partial
from typing import Annotated

from fastapi import Query, Request, Response

from modelyard.application.ports.answers import Answer
from modelyard.application.queries.history import EVENT_ORDER
from modelyard.application.queries.history import list_transitions as list_page
from modelyard.application.services import rollback
from modelyard.application.services.promotion import Transition, change_stage, plan_change
from modelyard.application.services.rollback import plan_rollback
from modelyard.domain import errors, promotion_errors
from modelyard.domain.permission import Permission
from modelyard.domain.reference import parse_reference
from modelyard.presentation.api.addresses import ModelPath, VersionRef
from modelyard.presentation.api.lists import ListParameters, sorting
from modelyard.presentation.api.transitions.schemas import (
    PastTransition,
    PastTransitionPage,
    RollbackCreate,
    TransitionCreate,
    TransitionRead,
)
from modelyard.presentation.http import documentation as docs
from modelyard.presentation.http.access import may
from modelyard.presentation.http.answers import idempotency_key, json_answer, page_response, response_of, write_once
from modelyard.presentation.http.conditions import etag
from modelyard.presentation.http.context import context_of, principal_of
from modelyard.presentation.http.routing import registry_router

router = registry_router("lifecycle")

MISSING: docs.Errors = (errors.ModelNotFound, errors.VersionNotFound)
HELD_AGAINST: docs.Errors = (
    errors.TransitionRefused,
    promotion_errors.ApprovalRequired,
    promotion_errors.GateFailed,
)


class TransitionList(ListParameters):
    """Which page of a version's changes of stage."""

    sort: str = sorting(EVENT_ORDER, "event-order")


@router.post(
    "/models/{model}/versions/{ref}/transitions",
    status_code=201,
    response_model=TransitionRead,
    **docs.documented(
        Permission.VERSIONS_PROMOTE,
        errors=(*docs.TAKES_JSON, *docs.ONCE, *MISSING, errors.StageConflict, *HELD_AGAINST),
        answers={
            200: {"model": TransitionRead, "description": "With a dry run: what would happen"},
            201: {"headers": docs.ETAG | docs.REPLAYED},
        },
        parameters=[docs.ACTOR, docs.IDEMPOTENCY_KEY],
    ),
)
async def create_transition(
    request: Request,
    model: ModelPath,
    ref: VersionRef,
    wanted: TransitionCreate,
    dry_run: bool = Query(default=False, description="Say what would happen, and change nothing"),
) -> Response:
    """Promote, demote, archive, restore or roll back a version.

    It is held against the gates and approvals of the model's policy. Where production holds one version, the one that
    was there is archived in the same transaction.
    """
    principal, reference = principal_of(request), parse_reference(ref)
    change = replace(wanted.change(), may_release=may(request, Permission.VERSIONS_RELEASE, model))
    if dry_run:
        idempotency_key(request)  # of no use here, and of no other form
        planned = await context_of(request).database.scan(plan_change, model, reference, change)
        return response_of(_rendered(200, planned))
    body, render = await request.body(), partial(_rendered, 201)
    return await write_once(request, body, render, change_stage, principal, model, reference, change)


@router.get(
    "/models/{model}/versions/{ref}/transitions",
    response_model=PastTransitionPage,
    **docs.documented(
        Permission.MODELS_READ,
        errors=(*docs.READS, *MISSING, errors.InvalidCursor),
        answers={200: {"headers": docs.LINK}},
    ),
)
async def list_transitions(
    request: Request, model: ModelPath, ref: VersionRef, wanted: Annotated[TransitionList, Query()]
) -> Response:
    """List the changes of stage of a version, the newest first."""
    page = await context_of(request).database.scan(list_page, model, parse_reference(ref), wanted.page_request(request))
    items = [PastTransition.of(event) for event in page.items]
    return page_response(request, PastTransitionPage(items=items, next_cursor=page.next_cursor), page.next_cursor)


@router.post(
    "/models/{model}/rollback",
    status_code=201,
    response_model=TransitionRead,
    **docs.documented(
        Permission.VERSIONS_RELEASE,
        errors=(*docs.TAKES_JSON, *docs.ONCE, *MISSING, promotion_errors.NothingToRollBackTo, *HELD_AGAINST),
        answers={
            200: {"model": TransitionRead, "description": "With a dry run: what would happen"},
            201: {"headers": docs.ETAG | docs.REPLAYED},
        },
        parameters=[docs.ACTOR, docs.IDEMPOTENCY_KEY],
    ),
)
async def roll_back(
    request: Request,
    model: ModelPath,
    wanted: RollbackCreate,
    dry_run: bool = Query(default=False, description="Say what would happen, and change nothing"),
) -> Response:
    """Put the version back into production that was there before, or a named one that was there once.

    It is held against the policy's gates and approvals of `rollback`, and no others.
    """
    if dry_run:
        idempotency_key(request)  # of no use here, and of no other form
        planned = await context_of(request).database.scan(plan_rollback, model, wanted.rollback())
        return response_of(_rendered(200, planned))
    body, render = await request.body(), partial(_rendered, 201)
    return await write_once(request, body, render, rollback.roll_back, principal_of(request), model, wanted.rollback())


def _rendered(status: int, transition: Transition) -> Answer:
    return json_answer(TransitionRead.done(transition), status, {"ETag": etag(transition.version.tag)})

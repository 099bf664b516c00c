"""The routes of webhooks."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import Query, Request, Response

from modelyard.application.services import subscribing
from modelyard.domain import errors
from modelyard.domain.event import rfc3339
from modelyard.domain.permission import Permission
from modelyard.domain.webhook import Attempt, ping_of
from modelyard.domain.webhook_errors import DeliveryNotFound, TooManyWebhooks, WebhookNotFound
from modelyard.presentation.api.addresses import DeliveryPath, WebhookPath
from modelyard.presentation.api.webhooks.schemas import (
    DeliveryPage,
    DeliveryParameters,
    DeliveryRead,
    PingRead,
    WebhookCreate,
    WebhookCreated,
    WebhookList,
    WebhookRead,
    WebhookUpdate,
)
from modelyard.presentation.http import documentation as docs
from modelyard.presentation.http.answers import (
    address,
    json_answer,
    json_body,
    page_response,
    response_of,
    tagged_response,
)
from modelyard.presentation.http.conditions import etag, expected_tags
from modelyard.presentation.http.context import context_of, principal_of
from modelyard.presentation.http.routing import registry_router

router = registry_router("webhooks")


@router.post(
    "/webhooks",
    status_code=201,
    response_model=WebhookCreated,
    **docs.documented(
        Permission.WEBHOOKS_EDIT,
        errors=(*docs.TAKES_JSON, TooManyWebhooks),
        answers={201: {"headers": docs.ETAG | docs.LOCATION}},
        parameters=[docs.ACTOR],
    ),
)
async def create_webhook(request: Request, wanted: WebhookCreate) -> Response:
    """Have a server told of what happens from now on, by signed requests. The answer alone holds the secret."""
    context, draft = context_of(request), wanted.draft()
    context.webhook_sender.check(draft.url)
    kept = context.webhook_secrets.new()
    webhook = await context.database.write(subscribing.create_webhook, principal_of(request), draft, kept)
    headers = {
        "ETag": etag(webhook.tag),
        "Location": address("webhooks", str(webhook.id)),
        "Cache-Control": "no-store",
    }
    return response_of(json_answer(WebhookCreated.made(webhook, context.webhook_secrets.secret_of(kept)), 201, headers))


@router.get("/webhooks", response_model=WebhookList, **docs.documented(Permission.WEBHOOKS_EDIT, errors=docs.READS))
async def list_webhooks(request: Request) -> WebhookList:
    """List the webhooks, the oldest first."""
    found = await context_of(request).database.read(subscribing.list_webhooks)
    return WebhookList(items=[WebhookRead.of(webhook) for webhook in found])


@router.get(
    "/webhooks/{webhook_id}",
    response_model=WebhookRead,
    **docs.documented(
        Permission.WEBHOOKS_EDIT,
        errors=(*docs.READS, WebhookNotFound),
        answers={200: {"headers": docs.ETAG}, **docs.NOT_MODIFIED},
        parameters=[docs.IF_NONE_MATCH],
    ),
)
async def read_webhook(request: Request, webhook_id: WebhookPath) -> Response:
    """Read a webhook."""
    webhook = await context_of(request).database.read(subscribing.read_webhook, webhook_id)
    return tagged_response(request, webhook.tag, lambda: json_body(WebhookRead.of(webhook)))


@router.patch(
    "/webhooks/{webhook_id}",
    response_model=WebhookRead,
    **docs.documented(
        Permission.WEBHOOKS_EDIT,
        errors=(*docs.TAKES_JSON, *docs.CONDITIONAL, WebhookNotFound),
        answers={200: {"headers": docs.ETAG}},
        parameters=[docs.ACTOR, docs.IF_MATCH],
    ),
)
async def update_webhook(request: Request, webhook_id: WebhookPath, change: WebhookUpdate) -> Response:
    """Change a webhook. While it is not active, what happens is not told, and what waits goes on waiting."""
    context = context_of(request)
    if change.url is not None:
        context.webhook_sender.check(change.url)
    webhook = await context.database.write(
        subscribing.update_webhook, principal_of(request), webhook_id, change.patch(), expected_tags(request)
    )
    return response_of(json_answer(WebhookRead.of(webhook), 200, {"ETag": etag(webhook.tag)}))


@router.delete(
    "/webhooks/{webhook_id}",
    status_code=204,
    response_model=None,
    **docs.documented(
        Permission.WEBHOOKS_EDIT,
        errors=(*docs.WRITES, *docs.CONDITIONAL, WebhookNotFound),
        parameters=[docs.ACTOR, docs.IF_MATCH],
    ),
)
async def delete_webhook(request: Request, webhook_id: WebhookPath) -> Response:
    """Delete a webhook, with its log and all that waits for it."""
    await context_of(request).database.sweep(
        subscribing.delete_webhook, principal_of(request), webhook_id, expected_tags(request)
    )
    return Response(status_code=204)


@router.get(
    "/webhooks/{webhook_id}/deliveries",
    response_model=DeliveryPage,
    **docs.documented(
        Permission.WEBHOOKS_EDIT,
        errors=(*docs.READS, WebhookNotFound, errors.InvalidCursor),
        answers={200: {"headers": docs.LINK}},
    ),
)
async def list_deliveries(
    request: Request, webhook_id: WebhookPath, wanted: Annotated[DeliveryParameters, Query()]
) -> Response:
    """List what was sent to a webhook, or is to be, the newest first, with the answers of its receiver."""
    page = await context_of(request).database.scan(
        subscribing.list_deliveries, webhook_id, wanted.status, wanted.page_request(request)
    )
    items = [DeliveryRead.of(told) for told in page.items]
    return page_response(request, DeliveryPage(items=items, next_cursor=page.next_cursor), page.next_cursor)


@router.post(
    "/webhooks/{webhook_id}/deliveries/{delivery_id}/redeliver",
    status_code=202,
    response_model=None,
    **docs.documented(Permission.WEBHOOKS_EDIT, errors=(*docs.WRITES, WebhookNotFound, DeliveryNotFound)),
)
async def redeliver(request: Request, webhook_id: WebhookPath, delivery_id: DeliveryPath) -> Response:
    """Send a delivery again, with all its tries. Its `webhook-id` stays, so the receiver knows it."""
    await context_of(request).database.write(subscribing.redeliver, webhook_id, delivery_id)
    return Response(status_code=202)


@router.post(
    "/webhooks/{webhook_id}/test",
    response_model=PingRead,
    **docs.documented(Permission.WEBHOOKS_EDIT, errors=(*docs.WRITES, WebhookNotFound)),
)
async def test_webhook(request: Request, webhook_id: WebhookPath) -> PingRead:
    """Send a signed `webhook.ping` now, and tell what the receiver answered; active or not."""
    context = context_of(request)
    webhook = await context.database.read(subscribing.read_webhook, webhook_id)
    now = datetime.now(UTC)
    outcome = await context.webhook_sender.send(ping_of(webhook, rfc3339(now)))
    if outcome.attempt is not None:
        return PingRead.of(outcome.attempt)
    fault = f"the receiver did not answer and is left alone for {outcome.pause_seconds:.0f} seconds"
    return PingRead.of(Attempt(at=now, duration_ms=0, status=None, error=fault))

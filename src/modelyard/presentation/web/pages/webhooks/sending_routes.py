"""Sending at once: a ping as a test, and a delivery again."""

from datetime import UTC, datetime

from fastapi import Request, Response

from modelyard.application.services import subscribing
from modelyard.domain.event import rfc3339
from modelyard.domain.permission import Permission
from modelyard.domain.webhook import ping_of
from modelyard.presentation.api.addresses import DeliveryPath, WebhookPath
from modelyard.presentation.http.context import context_of
from modelyard.presentation.web.flash import done, failed
from modelyard.presentation.web.page import page, page_router
from modelyard.presentation.web.pages.webhooks.view import attempt_view
from modelyard.presentation.web.rendering import see_other

router = page_router()


@router.post("/webhooks/{webhook_id}/test", **page(Permission.WEBHOOKS_EDIT))
async def try_webhook(request: Request, webhook_id: WebhookPath) -> Response:
    """Send a ping now, and tell what came of it."""
    context, now = context_of(request), datetime.now(UTC)
    webhook = await context.database.read(subscribing.read_webhook, webhook_id)
    outcome = await context.webhook_sender.send(ping_of(webhook, rfc3339(now)))
    if outcome.attempt is None:
        told = failed(f"It did not answer, and is left alone for {outcome.pause_seconds:.0f} seconds.")
    else:
        attempt = attempt_view(outcome.attempt, now)
        told = (done if attempt.is_good else failed)(f"A ping was sent: {attempt.told}.")
    return see_other(request, f"/webhooks/{webhook_id}", told)


@router.post("/webhooks/{webhook_id}/deliveries/{delivery_id}/redeliver", **page(Permission.WEBHOOKS_EDIT))
async def send_again(request: Request, webhook_id: WebhookPath, delivery_id: DeliveryPath) -> Response:
    """Send a delivery again, with all its tries."""
    await context_of(request).database.write(subscribing.redeliver, webhook_id, delivery_id)
    return see_other(request, f"/webhooks/{webhook_id}", done(f"Delivery {delivery_id} is sent again."))

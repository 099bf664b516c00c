"""The pages of webhooks."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from fastapi import Request, Response

from modelyard.application.ports.database import Transaction
from modelyard.application.ports.webhooks import ToldDelivery
from modelyard.application.queries.page import Page, PageRequest
from modelyard.application.services import subscribing
from modelyard.domain.errors import PreconditionFailed, RegistryError
from modelyard.domain.event import rfc3339
from modelyard.domain.permission import Permission
from modelyard.domain.webhook import DeliveryStatus, Webhook, ping_of
from modelyard.presentation.api.addresses import DeliveryPath, WebhookPath
from modelyard.presentation.http.context import context_of
from modelyard.presentation.web.caller import actor_of
from modelyard.presentation.web.flash import done, failed
from modelyard.presentation.web.forms import EMPTY, FormView, read_form, refused
from modelyard.presentation.web.page import page, page_router
from modelyard.presentation.web.pages.webhooks.view import (
    SecretView,
    attempt_view,
    form_view,
    webhook_view,
    webhooks_view,
)
from modelyard.presentation.web.pages.webhooks.webhook_form import draft_of, patch_of
from modelyard.presentation.web.rendering import see_other, show

router = page_router()

ROWS = 30


@router.get("/webhooks", **page(Permission.WEBHOOKS_EDIT))
async def show_webhooks(request: Request) -> Response:
    """Who is told of what happens."""
    found, now = await context_of(request).database.scan(_list)
    return await show(request, "webhooks.html", webhooks_view(found, now))


@router.get("/webhooks/new", **page(Permission.WEBHOOKS_EDIT))
async def show_new_webhook(request: Request) -> Response:
    """The form of a new one."""
    return await show(request, "webhook_new.html", form_view())


@router.post("/webhooks", **page(Permission.WEBHOOKS_EDIT))
async def add_webhook(request: Request) -> Response:
    """Make one, and show its secret; or show the form again."""
    fields, context = await read_form(request), context_of(request)
    try:
        draft = draft_of(fields)
        context.webhook_sender.check(draft.url)
        kept = context.webhook_secrets.new()
        webhook = await context.database.write(subscribing.create_webhook, actor_of(request), draft, kept)
    except RegistryError as error:
        sent = refused(fields, error)
        return await show(request, "webhook_new.html", form_view(sent), sent.status)
    secret = context.webhook_secrets.secret_of(kept)
    view = SecretView(href=f"/webhooks/{webhook.id}", secret=secret)
    response = await show(request, "webhook_secret.html", view, 201)
    response.headers["Cache-Control"] = "no-store"
    return response


@router.get("/webhooks/{webhook_id}", **page(Permission.WEBHOOKS_EDIT))
async def show_webhook(
    request: Request, webhook_id: WebhookPath, status: DeliveryStatus | None = None, cursor: str = ""
) -> Response:
    """One of them: what it is told, and the log of its deliveries."""
    return await _show(request, webhook_id, EMPTY, status=status, cursor=cursor)


@router.post("/webhooks/{webhook_id}", **page(Permission.WEBHOOKS_EDIT))
async def change_webhook(request: Request, webhook_id: WebhookPath) -> Response:
    """Change one; or show the form again."""
    fields, context = await read_form(request), context_of(request)
    try:
        draft = draft_of(fields)
        context.webhook_sender.check(draft.url)
        expected = frozenset({fields.get("tag", "")})
        await context.database.write(
            subscribing.update_webhook, actor_of(request), webhook_id, patch_of(draft), expected
        )
    except RegistryError as error:
        sent = refused(fields, error)
        if isinstance(error, PreconditionFailed):
            sent = replace(sent, hint="What you wrote is still here. Saving again replaces what they set.")
        return await _show(request, webhook_id, sent)
    return see_other(request, f"/webhooks/{webhook_id}", done("The webhook is changed."))


@router.post("/webhooks/{webhook_id}/delete", **page(Permission.WEBHOOKS_EDIT))
async def remove_webhook(request: Request, webhook_id: WebhookPath) -> Response:
    """Delete one, with its log and all that waits for it."""
    fields = await read_form(request)
    expected = frozenset({fields.get("tag", "")})
    await context_of(request).database.sweep(subscribing.delete_webhook, actor_of(request), webhook_id, expected)
    return see_other(request, "/webhooks", done("The webhook is deleted, with all that waited for it."))


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


async def _show(
    request: Request,
    webhook_id: int,
    sent: FormView,
    *,
    status: DeliveryStatus | None = None,
    cursor: str = "",
) -> Response:
    asked = PageRequest(limit=ROWS, cursor=cursor or None)
    webhook, deliveries, now = await context_of(request).database.scan(_read, webhook_id, status, asked)
    view = webhook_view(webhook, deliveries, sent, now, tag=webhook.tag, status=status, cursor=cursor)
    return await show(request, "webhook.html", view, sent.status)


def _list(tx: Transaction) -> tuple[Sequence[tuple[Webhook, ToldDelivery | None]], datetime]:
    found = []
    for webhook in subscribing.list_webhooks(tx):
        last = tx.deliveries.page(webhook.id, status=None, beyond=None, is_descending=True, limit=1)
        found.append((webhook, last[0] if last else None))
    return found, tx.now


def _read(
    tx: Transaction, webhook_id: int, status: DeliveryStatus | None, asked: PageRequest
) -> tuple[Webhook, Page[ToldDelivery], datetime]:
    webhook = subscribing.read_webhook(tx, webhook_id)
    return webhook, subscribing.list_deliveries(tx, webhook_id, status, asked), tx.now

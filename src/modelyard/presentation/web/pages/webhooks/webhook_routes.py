"""The page of a webhook, where it is changed and deleted."""

from datetime import datetime

from fastapi import Request, Response

from modelyard.application.ports.database import Transaction
from modelyard.application.ports.webhooks import ToldDelivery
from modelyard.application.queries.page import Page, PageRequest
from modelyard.application.services import subscribing
from modelyard.domain.errors import RegistryError
from modelyard.domain.permission import Permission
from modelyard.domain.webhook import DeliveryStatus, Webhook
from modelyard.presentation.api.addresses import WebhookPath
from modelyard.presentation.http.context import context_of
from modelyard.presentation.http.form_body import read_form
from modelyard.presentation.web.caller import actor_of
from modelyard.presentation.web.flash import done
from modelyard.presentation.web.forms import EMPTY, FormView, refused_edit
from modelyard.presentation.web.page import page, page_router
from modelyard.presentation.web.pages.webhooks.view import webhook_view
from modelyard.presentation.web.pages.webhooks.webhook_form import draft_of, patch_of
from modelyard.presentation.web.rendering import see_other, show

router = page_router()

ROWS = 30


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
        return await _show(request, webhook_id, refused_edit(fields, error))
    return see_other(request, f"/webhooks/{webhook_id}", done("The webhook is changed."))


@router.post("/webhooks/{webhook_id}/delete", **page(Permission.WEBHOOKS_EDIT))
async def remove_webhook(request: Request, webhook_id: WebhookPath) -> Response:
    """Delete one, with its log and all that waits for it."""
    fields = await read_form(request)
    expected = frozenset({fields.get("tag", "")})
    await context_of(request).database.sweep(subscribing.delete_webhook, actor_of(request), webhook_id, expected)
    return see_other(request, "/webhooks", done("The webhook is deleted, with all that waited for it."))


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


def _read(
    tx: Transaction, webhook_id: int, status: DeliveryStatus | None, asked: PageRequest
) -> tuple[Webhook, Page[ToldDelivery], datetime]:
    webhook = subscribing.read_webhook(tx, webhook_id)
    return webhook, subscribing.list_deliveries(tx, webhook_id, status, asked), tx.now

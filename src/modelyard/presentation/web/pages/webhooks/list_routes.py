"""All webhooks, and making a new one."""

from collections.abc import Sequence
from datetime import datetime

from fastapi import Request, Response

from modelyard.application.ports.database import Transaction
from modelyard.application.ports.webhooks import ToldDelivery
from modelyard.application.services import subscribing
from modelyard.domain.errors import RegistryError
from modelyard.domain.permission import Permission
from modelyard.domain.webhook import Webhook
from modelyard.presentation.http.context import context_of
from modelyard.presentation.http.form_body import read_form
from modelyard.presentation.web.caller import actor_of
from modelyard.presentation.web.forms import refused
from modelyard.presentation.web.page import page, page_router
from modelyard.presentation.web.pages.webhooks.view import SecretView, form_view, webhooks_view
from modelyard.presentation.web.pages.webhooks.webhook_form import draft_of
from modelyard.presentation.web.rendering import show

router = page_router()


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


def _list(tx: Transaction) -> tuple[Sequence[tuple[Webhook, ToldDelivery | None]], datetime]:
    found = []
    for webhook in subscribing.list_webhooks(tx):
        last = tx.deliveries.page(webhook.id, status=None, beyond=None, is_descending=True, limit=1)
        found.append((webhook, last[0] if last else None))
    return found, tx.now

"""What the pages of webhooks show."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlencode, urlsplit

from modelyard.application.ports.webhooks import ToldDelivery
from modelyard.application.queries.page import Page
from modelyard.domain.webhook import Attempt, DeliveryStatus, Webhook
from modelyard.presentation.web.formats import MomentView, count_text, moment
from modelyard.presentation.web.forms import EMPTY, FormView
from modelyard.presentation.web.pages.webhooks.webhook_form import ActionView, action_groups, fields_of

KINDS: Mapping[DeliveryStatus, str] = {
    DeliveryStatus.PENDING: "warn",
    DeliveryStatus.DELIVERED: "good",
    DeliveryStatus.DEAD: "bad",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookLine:
    """A webhook in the list. Of its address only the server, since the path is a secret at many receivers."""

    href: str
    target: str
    description: str
    told: str
    is_active: bool
    last: str
    last_kind: str
    last_at: MomentView | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhooksView:
    """All webhooks."""

    webhooks: tuple[WebhookLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookFormView:
    """The form of a new webhook, or of one that is there."""

    form: FormView
    groups: Sequence[tuple[str, tuple[ActionView, ...]]]
    is_active: bool
    tag: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretView:
    """What is shown once."""

    href: str
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptView:
    """One try."""

    at: MomentView
    told: str
    is_good: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryView:
    """An event on its way to a webhook. `again_action` is empty for one that is on its way already."""

    id: int
    action: str
    model: str
    sequence: int
    status: str
    kind: str
    next: str
    created: MomentView
    attempts: tuple[AttemptView, ...]
    again_action: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookView:
    """A webhook with its log. Empty addresses are no links."""

    id: int
    href: str
    target: str
    made: MomentView
    made_by: str
    edited: WebhookFormView
    deliveries: tuple[DeliveryView, ...]
    statuses: tuple[tuple[str, str, bool], ...]
    newest_href: str
    older_href: str


def webhooks_view(found: Sequence[tuple[Webhook, ToldDelivery | None]], now: datetime) -> WebhooksView:
    """The list, each with the last of its deliveries."""
    return WebhooksView(webhooks=tuple(_line(webhook, last, now) for webhook, last in found))


def form_view(form: FormView = EMPTY, tag: str = "") -> WebhookFormView:
    """The form as it was sent; one that was not has everything, and is active."""
    values = form.values or {"active": "on", "models": "*"}
    shown = FormView(values=values, faults=form.faults, message=form.message, hint=form.hint, status=form.status)
    return WebhookFormView(form=shown, groups=action_groups(values), is_active="active" in values, tag=tag)


def webhook_view(
    webhook: Webhook,
    deliveries: Page[ToldDelivery],
    sent: FormView,
    now: datetime,
    *,
    tag: str,
    status: DeliveryStatus | None,
    cursor: str,
) -> WebhookView:
    """A webhook: its form as it stands or was sent, and a page of its log."""
    href = f"/webhooks/{webhook.id}"
    chosen = status.value if status else ""
    given = {"status": chosen} if chosen else {}
    form = sent if sent.values else FormView(values=fields_of(webhook.draft))
    older = urlencode({**given, "cursor": deliveries.next_cursor}) if deliveries.next_cursor else ""
    return WebhookView(
        id=webhook.id,
        href=href,
        target=_target(webhook),
        made=moment(webhook.created_at, now),
        made_by=webhook.created_by,
        edited=form_view(form, tag),
        deliveries=tuple(_delivery(told, href, now) for told in deliveries.items),
        statuses=tuple(_statuses(href, chosen)),
        newest_href=f"{href}?{urlencode(given)}" if cursor else "",
        older_href=f"{href}?{older}" if older else "",
    )


def _statuses(href: str, chosen: str) -> list[tuple[str, str, bool]]:
    each = [(status.value, f"{href}?status={status.value}", status.value == chosen) for status in DeliveryStatus]
    return [("all", href, not chosen), *each]


def _line(webhook: Webhook, last: ToldDelivery | None, now: datetime) -> WebhookLine:
    draft = webhook.draft
    actions = count_text(len(draft.actions), "action") if draft.actions else "all actions"
    return WebhookLine(
        href=f"/webhooks/{webhook.id}",
        target=_target(webhook),
        description=draft.description,
        told=f"{actions} of {draft.models}" if draft.models != "*" else actions,
        is_active=draft.is_active,
        last=last.delivery.status.value if last else "",
        last_kind=KINDS[last.delivery.status] if last else "",
        last_at=moment(last.delivery.created_at, now) if last else None,
    )


def _target(webhook: Webhook) -> str:
    parts = urlsplit(webhook.draft.url)
    return f"{parts.scheme}://{parts.netloc}"


def _delivery(told: ToldDelivery, href: str, now: datetime) -> DeliveryView:
    delivery = told.delivery
    is_pending = delivery.status is DeliveryStatus.PENDING
    return DeliveryView(
        id=delivery.id,
        action=told.action.value,
        model=told.model,
        sequence=delivery.sequence,
        status=delivery.status.value,
        kind=KINDS[delivery.status],
        next=_next(delivery.next_at, now) if is_pending else "",
        created=moment(delivery.created_at, now),
        attempts=tuple(attempt_view(attempt, now) for attempt in reversed(delivery.attempts)),
        again_action="" if is_pending and delivery.next_at is None else f"{href}/deliveries/{delivery.id}/redeliver",
    )


def attempt_view(attempt: Attempt, now: datetime) -> AttemptView:
    """A try in words."""
    told = f"answered {attempt.status}" if attempt.status is not None else attempt.error or "no answer"
    return AttemptView(
        at=moment(attempt.at, now), told=f"{told} after {attempt.duration_ms:,} ms", is_good=attempt.has_succeeded
    )


def _next(at: datetime | None, now: datetime) -> str:
    """When it is tried next."""
    if at is None:
        return "waits for an earlier event of this model"
    seconds = (at - now).total_seconds()
    if seconds < 1:
        return "due now"
    if seconds < 90:
        return f"tried again in {seconds:.0f} s"
    minutes = seconds / 60
    return f"tried again in {minutes:.0f} min" if minutes < 90 else f"tried again in {minutes / 60:.1f} h"

"""Why something about webhooks is refused."""

from modelyard.domain.errors import Conflict, NotFound


class WebhookNotFound(NotFound):
    """There is no webhook of this id."""

    code = "webhook-not-found"
    title = "There is no such webhook"


class DeliveryNotFound(NotFound):
    """The webhook has no delivery of this id; those that have ended are kept for a while only."""

    code = "delivery-not-found"
    title = "There is no such delivery"


class TooManyWebhooks(Conflict):
    """A registry has at most 100 webhooks."""

    code = "too-many-webhooks"
    title = "There are as many webhooks as there may be"
    default_hint = "Delete one that nobody needs, or let one receiver take more kinds of events."

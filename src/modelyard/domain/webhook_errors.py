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


class WrongSecretKey(Conflict):
    """The server has another key than the one that the secret of a webhook was made with."""

    code = "wrong-secret-key"
    title = "The server's secret key is another one"
    default_hint = (
        "Give the server the MODELYARD_SECRET_KEY, or the file secret.key, of before; or make the webhook again."
    )

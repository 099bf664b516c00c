"""The way to a registry."""

from modelyard.client.registry import Registry
from modelyard.client.server import server_of
from modelyard.client.transport import Patience, Transport


def connect(
    url: str | None = None,
    *,
    token: str | None = None,
    actor: str | None = None,
    profile: str | None = None,
    patience: Patience | None = None,
) -> Registry:
    """A registry to work with; nothing is sent yet.

    Args:
        url: Its address. Without: `MODELYARD_URL`, or that of the profile, or `http://127.0.0.1:8000`.
        token: Who you are. Without: `MODELYARD_TOKEN`, or that of the profile.
        actor: The name that stands in the history, where the registry asks for no token. Without: `MODELYARD_ACTOR`, or
            the user's name.
        profile: Which profile of `modelyard login`. Without: `MODELYARD_PROFILE`, or `default`.
        patience: How long to wait, if not as usual.

    Raises:
        Misconfigured: The address or a profile cannot be understood.
    """
    return Registry(Transport(server_of(url, token, actor, profile), patience))

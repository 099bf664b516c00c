"""The environment variables of the client. A server that runs in the same environment passes them over."""

from typing import Final

CLIENT_VARIABLES: Final = frozenset(
    {
        "MODELYARD_ACTOR",
        "MODELYARD_CACHE",
        "MODELYARD_CACHE_MAX_BYTES",
        "MODELYARD_OFFLINE",
        "MODELYARD_PROFILE",
        "MODELYARD_TOKEN",
        "MODELYARD_URL",
    }
)

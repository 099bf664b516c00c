"""What a route needs its caller to be allowed to do."""

from enum import StrEnum


class Permission(StrEnum):
    """One right. Every route names exactly one; roles are made of them."""

    OPERATE = "operate"
    """See that the server is alive; needs no sign-in."""
    MODELS_READ = "models:read"
    """See models, versions, metrics, aliases and history, and download files."""
    MODELS_CREATE = "models:create"
    MODELS_EDIT = "models:edit"
    """Change a model's description and tags, or its name."""
    MODELS_DELETE = "models:delete"
    VERSIONS_REGISTER = "versions:register"
    """Upload files and register versions."""
    VERSIONS_EDIT = "versions:edit"
    """Change what may change of a version: description, tags, metadata, card."""
    VERSIONS_DELETE = "versions:delete"
    VERSIONS_PROMOTE = "versions:promote"
    """Change a version's stage."""
    APPROVALS_DECIDE = "approvals:decide"
    """Approve or reject what somebody else asked for."""
    POLICIES_EDIT = "policies:edit"
    """Say what versions may do, and what they need for it."""
    ALIASES_MOVE = "aliases:move"
    METRICS_APPEND = "metrics:append"
    EVENTS_READ = "events:read"
    """Read the history of the whole registry."""
    WEBHOOKS_EDIT = "webhooks:edit"
    """See and say who is told of what happens; the addresses are secrets at many receivers."""

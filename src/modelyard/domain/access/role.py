"""Roles, and the permissions that each is made of."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from modelyard.domain.permission import Permission


class Role(StrEnum):
    """What somebody is to the models that a grant names."""

    READER = "reader"
    """Sees them and fetches their files."""
    CONTRIBUTOR = "contributor"
    """Registers models and versions, describes and measures them. Moves no stage and no alias."""
    MAINTAINER = "maintainer"
    """Also moves stages up to staging and aliases that are not protected, sets policies, renames and deletes."""
    APPROVER = "approver"
    """Approves or rejects what others ask for, brings versions into production and out of it, moves any alias."""
    ADMIN = "admin"
    """Everything. On `*` also accounts, grants, webhooks and all tokens."""


_READS = frozenset({Permission.MODELS_READ, Permission.EVENTS_READ})
_CONTRIBUTES = _READS | {
    Permission.MODELS_CREATE,
    Permission.MODELS_EDIT,
    Permission.VERSIONS_REGISTER,
    Permission.VERSIONS_EDIT,
    Permission.METRICS_APPEND,
    Permission.APPROVALS_REQUEST,
}
_MAINTAINS = _CONTRIBUTES | {
    Permission.MODELS_RENAME,
    Permission.MODELS_DELETE,
    Permission.VERSIONS_DELETE,
    Permission.VERSIONS_PROMOTE,
    Permission.ALIASES_MOVE,
    Permission.POLICIES_EDIT,
}
_APPROVES = _READS | {
    Permission.APPROVALS_REQUEST,
    Permission.APPROVALS_DECIDE,
    Permission.VERSIONS_PROMOTE,
    Permission.VERSIONS_RELEASE,
    Permission.ALIASES_MOVE,
    Permission.ALIASES_PROTECTED,
}

PERMISSIONS: Mapping[Role, frozenset[Permission]] = MappingProxyType(
    {
        Role.READER: _READS,
        Role.CONTRIBUTOR: _CONTRIBUTES,
        Role.MAINTAINER: _MAINTAINS,
        Role.APPROVER: _APPROVES,
        Role.ADMIN: frozenset(Permission),
    }
)
"""The permission table. Whoever has a role in some model may do these things to it."""

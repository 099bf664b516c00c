"""What one caller may do: the grants that hold for them, narrowed down by the token that they came with."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from modelyard.domain.access.grant import Grant, patterns_of, permissions_of, roles_in
from modelyard.domain.access.token import BY_ANY_TOKEN, SCOPES, Scope
from modelyard.domain.permission import Permission
from modelyard.domain.policy import matches
from modelyard.domain.principal import Principal

EVERYTHING = "*"
ANYBODY = BY_ANY_TOKEN | {Permission.ACCESS_OWN}
"""What whoever is signed in may do, without any grant."""

_REGISTRY_WIDE = frozenset({Permission.ACCESS_EDIT, Permission.WEBHOOKS_EDIT})
"""What concerns no single model: a grant on `*` gives it."""


@dataclass(frozen=True, slots=True)
class Visibility:
    """Which models may be seen: names that match one of `granted` and one of `narrowed`."""

    granted: frozenset[str]
    narrowed: frozenset[str] = frozenset({EVERYTHING})

    @property
    def is_everything(self) -> bool:
        """Whether no name is left out."""
        return EVERYTHING in self.granted and EVERYTHING in self.narrowed

    def shows(self, model: str) -> bool:
        """Whether a model of this name may be seen."""
        return _covers(self.granted, model) and _covers(self.narrowed, model)

    def touches(self, pattern: str) -> bool:
        """Whether a glob of names concerns what may be seen: it lies within that, or reaches over it."""
        return _touches(self.granted, pattern) and _touches(self.narrowed, pattern)


ALL_VISIBLE = Visibility(frozenset({EVERYTHING}))


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Who calls, and what they may do. It does not change; whoever holds one asks whether it still holds."""

    principal: Principal
    grants: Sequence[Grant]
    scopes: frozenset[Scope] = frozenset({Scope.ADMIN})
    models: tuple[str, ...] = (EVERYTHING,)
    lives_until: datetime | None = None
    """The end of a program's token: it makes none that outlives it."""
    makes_tokens: bool = True
    """Whether it may make any."""
    _remembered: dict[str, frozenset[Permission]] = field(default_factory=dict, init=False, repr=False, compare=False)

    @property
    def visibility(self) -> Visibility:
        """What they may see."""
        return Visibility(patterns_of(self.grants), frozenset(self.models))

    def allows(self, permission: Permission, model: str) -> bool:
        """Whether they may do this to the model of this name, whether it is there or not."""
        held = self._remembered.get(model)
        if held is None:
            held = self._remembered_of(model)
        return permission in held

    def allows_anywhere(self, permission: Permission) -> bool:
        """Whether they may do this to some model; what concerns the whole registry needs a grant on `*`."""
        if permission in ANYBODY:
            return permission in self._let_through
        grants = self.grants
        if permission in _REGISTRY_WIDE:
            grants = [grant for grant in grants if grant.models == EVERYTHING]
            if EVERYTHING not in self.models:
                return False
        return permission in self._let_through and permission in permissions_of(grant.role for grant in grants)

    def _remembered_of(self, model: str) -> frozenset[Permission]:
        held = frozenset[Permission]()
        if _covers(self.models, model):
            held = permissions_of(roles_in(model, self.grants)) & self._let_through
        if len(self._remembered) < _REMEMBERED_MODELS:
            self._remembered[model] = held
        return held

    @property
    def _let_through(self) -> frozenset[Permission]:
        return frozenset().union(*(SCOPES[scope] for scope in self.scopes))


_REMEMBERED_MODELS = 1_000


def _covers(patterns: frozenset[str] | tuple[str, ...], model: str) -> bool:
    return EVERYTHING in patterns or any(matches(pattern, model) for pattern in patterns)


def _touches(patterns: frozenset[str], pattern: str) -> bool:
    return any(matches(one, pattern) or matches(pattern, one) for one in patterns)

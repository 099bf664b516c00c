"""Grants: who has which role in which models."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from modelyard.domain.access.role import PERMISSIONS, Role
from modelyard.domain.names import check_model_name
from modelyard.domain.permission import Permission
from modelyard.domain.policy import matches, specificity


class SubjectKind(StrEnum):
    """Whom a grant is for."""

    ACCOUNT = "account"
    GROUP = "group"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """An account or a group, by name."""

    kind: SubjectKind
    name: str

    def __str__(self) -> str:
        return f"{self.kind}:{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """A role in all models whose names match a glob; a name without `*` stands for that model alone.

    Raises:
        InvalidInput: when made, for a pattern that no name can match.
    """

    subject: Subject
    models: str
    role: Role

    def __post_init__(self) -> None:
        check_model_name(self.models, "/models")


def roles_in(model: str, grants: Iterable[Grant]) -> frozenset[Role]:
    """The roles that hold for one model: those of the most specific pattern that covers its name, and no others.

    So a narrow grant may give less than a wide one. Where one pattern is granted more than once, as to the account and
    to a group of it, the roles add up. None where no pattern covers the name.
    """
    covering = [grant for grant in grants if matches(grant.models, model)]
    if not covering:
        return frozenset()
    narrowest = max((grant.models for grant in covering), key=specificity)
    return frozenset(grant.role for grant in covering if grant.models == narrowest)


def permissions_of(roles: Iterable[Role]) -> frozenset[Permission]:
    """All that these roles allow together."""
    return frozenset().union(*(PERMISSIONS[role] for role in roles))


def patterns_of(grants: Sequence[Grant]) -> frozenset[str]:
    """The patterns of what may be seen: every role sees."""
    return frozenset(grant.models for grant in grants)

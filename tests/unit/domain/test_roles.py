from collections.abc import Sequence

import pytest

from modelyard.domain.access.grant import Grant, Subject, SubjectKind, roles_in
from modelyard.domain.access.role import PERMISSIONS, Role
from modelyard.domain.access.standing import Standing, Visibility
from modelyard.domain.access.token import SCOPES, Scope
from modelyard.domain.errors import InvalidInput
from modelyard.domain.permission import Permission
from modelyard.domain.principal import Principal

ANA = Subject(kind=SubjectKind.ACCOUNT, name="ana")
RISK = Subject(kind=SubjectKind.GROUP, name="risk")
Granted = tuple[str, Role]


def granted(*pairs: Granted, subject: Subject = ANA) -> list[Grant]:
    return [Grant(subject=subject, models=models, role=role) for models, role in pairs]


def standing(*pairs: Granted, scopes: Sequence[Scope] = (Scope.ADMIN,), models: tuple[str, ...] = ("*",)) -> Standing:
    return Standing(principal=Principal("ana"), grants=granted(*pairs), scopes=frozenset(scopes), models=models)


@pytest.mark.parametrize(
    ("pairs", "model", "roles"),
    [
        ([], "churn", set()),
        ([("fraud.*", Role.READER)], "churn", set()),
        ([("fraud.*", Role.READER)], "fraud.cards", {Role.READER}),
        ([("*", Role.ADMIN), ("fraud.*", Role.READER)], "fraud.cards", {Role.READER}),
        ([("*", Role.ADMIN), ("fraud.*", Role.READER)], "churn", {Role.ADMIN}),
        ([("fraud.*", Role.READER), ("fraud.cards", Role.MAINTAINER)], "fraud.cards", {Role.MAINTAINER}),
        ([("fraud.*", Role.READER), ("fraud.*", Role.APPROVER)], "fraud.cards", {Role.READER, Role.APPROVER}),
        ([("*.cards", Role.READER), ("fraud.*", Role.APPROVER)], "fraud.cards", {Role.APPROVER}),
    ],
    ids=["none", "another", "glob", "narrower gives less", "wider elsewhere", "name", "equal add up", "order decides"],
)
def test_the_most_specific_grant_wins_and_none_is_none(pairs: list[Granted], model: str, roles: set[Role]) -> None:
    assert roles_in(model, granted(*pairs)) == roles


def test_what_a_group_is_granted_adds_to_the_same_pattern() -> None:
    grants = [*granted(("fraud.*", Role.CONTRIBUTOR)), *granted(("fraud.*", Role.APPROVER), subject=RISK)]
    assert roles_in("fraud.cards", grants) == {Role.CONTRIBUTOR, Role.APPROVER}


def test_a_pattern_that_no_name_can_match_is_refused() -> None:
    with pytest.raises(InvalidInput):
        Grant(subject=ANA, models="a/b", role=Role.READER)


@pytest.mark.parametrize("role", Role)
def test_every_role_sees_and_the_administrator_may_do_everything(role: Role) -> None:
    assert Permission.MODELS_READ in PERMISSIONS[role]
    assert PERMISSIONS[role] <= PERMISSIONS[Role.ADMIN] == set(Permission)


MOVES = {
    Permission.VERSIONS_PROMOTE,
    Permission.VERSIONS_RELEASE,
    Permission.ALIASES_MOVE,
    Permission.ALIASES_PROTECTED,
    Permission.POLICIES_EDIT,
    Permission.APPROVALS_DECIDE,
}


def test_a_contributor_moves_nothing_and_deletes_nothing() -> None:
    held = PERMISSIONS[Role.CONTRIBUTOR]
    assert not held & MOVES
    assert not held & {Permission.MODELS_DELETE, Permission.VERSIONS_DELETE, Permission.MODELS_RENAME}
    assert {Permission.VERSIONS_REGISTER, Permission.VERSIONS_EDIT, Permission.METRICS_APPEND} <= held


def test_who_maintains_cannot_approve_and_who_approves_cannot_register() -> None:
    of_approvers = {Permission.VERSIONS_RELEASE, Permission.APPROVALS_DECIDE, Permission.ALIASES_PROTECTED}
    assert PERMISSIONS[Role.MAINTAINER] & MOVES == MOVES - of_approvers
    assert PERMISSIONS[Role.APPROVER] & MOVES == MOVES - {Permission.POLICIES_EDIT}
    assert Permission.VERSIONS_REGISTER not in PERMISSIONS[Role.APPROVER]


def test_whoever_moves_protected_aliases_moves_all_aliases() -> None:
    for permissions in (*PERMISSIONS.values(), *SCOPES.values()):
        assert Permission.ALIASES_PROTECTED not in permissions or Permission.ALIASES_MOVE in permissions
    assert [one for one in Scope if Permission.ALIASES_PROTECTED in SCOPES[one]] == [Scope.PROMOTE, Scope.ADMIN]


@pytest.mark.parametrize("scope", Scope)
def test_a_scope_narrows_down_and_gives_nothing(scope: Scope) -> None:
    held = standing(("*", Role.CONTRIBUTOR), scopes=[scope])
    for permission in Permission:
        is_held = permission in PERMISSIONS[Role.CONTRIBUTOR] and permission in SCOPES[scope]
        assert held.allows(permission, "churn") is is_held, permission


def test_a_token_for_reading_reads_even_where_its_owner_may_do_everything() -> None:
    held = standing(("*", Role.ADMIN), scopes=[Scope.READ])
    assert held.allows(Permission.MODELS_READ, "churn")
    assert [one for one in Permission if held.allows(one, "churn")] == [
        one for one in Permission if one in SCOPES[Scope.READ]
    ]


def test_a_token_is_good_for_its_models_alone() -> None:
    held = standing(("*", Role.ADMIN), models=("fraud.*", "churn"))
    assert held.allows(Permission.MODELS_READ, "churn")
    assert held.allows(Permission.VERSIONS_DELETE, "fraud.cards")
    assert not held.allows(Permission.MODELS_READ, "churned")
    assert not held.allows_anywhere(Permission.ACCESS_EDIT)


def test_what_concerns_the_whole_registry_needs_a_grant_on_everything() -> None:
    assert not standing(("fraud.*", Role.ADMIN)).allows_anywhere(Permission.ACCESS_EDIT)
    assert not standing(("*", Role.MAINTAINER)).allows_anywhere(Permission.WEBHOOKS_EDIT)
    assert standing(("*", Role.ADMIN)).allows_anywhere(Permission.ACCESS_EDIT)


def test_whoever_is_signed_in_may_look_after_their_own_tokens() -> None:
    assert standing().allows_anywhere(Permission.ACCESS_OWN)
    assert not standing().allows_anywhere(Permission.MODELS_READ)
    assert not standing(scopes=[Scope.READ]).allows_anywhere(Permission.ACCESS_OWN)


@pytest.mark.parametrize("scope", Scope)
def test_anybody_sees_who_they_are_by_any_token(scope: Scope) -> None:
    assert standing(scopes=[scope]).allows_anywhere(Permission.IDENTITY_READ)


@pytest.mark.parametrize(
    ("granted_globs", "narrowed", "pattern", "touches"),
    [
        ({"fraud.*"}, {"*"}, "fraud.cards.*", True),
        ({"fraud.*"}, {"*"}, "*", True),
        ({"fraud.*"}, {"*"}, "churn.*", False),
        ({"*"}, {"fraud.*"}, "churn.*", False),
        (set(), {"*"}, "*", False),
    ],
)
def test_globs_are_seen_where_they_concern_what_is_seen(
    granted_globs: set[str], narrowed: set[str], pattern: str, touches: bool
) -> None:
    assert Visibility(frozenset(granted_globs), frozenset(narrowed)).touches(pattern) is touches

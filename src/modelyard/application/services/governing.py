"""Policies: setting them, and finding the one that holds for a model."""

from collections.abc import Sequence
from dataclasses import dataclass

from modelyard.application.ports.database import Transaction
from modelyard.application.ports.policies import StoredPolicy
from modelyard.application.services.journal import record, record_of_registry
from modelyard.application.services.precondition import ABSENT, Expected, require_tag
from modelyard.domain.event import Action
from modelyard.domain.json_value import JsonObject
from modelyard.domain.policy import DEFAULT_POLICY, Policy, check_pattern, matches, specificity
from modelyard.domain.principal import Principal
from modelyard.domain.promotion_errors import PolicyNotFound

_BUILT_IN = "policy-default"


@dataclass(frozen=True, slots=True, kw_only=True)
class Governing:
    """The policy that holds for a model, and where it is from: `stored` is `None` for the built-in one.

    `overridden` are the patterns that cover the model too, and are less specific.
    """

    policy: Policy
    stored: StoredPolicy | None
    overridden: Sequence[str]

    @property
    def tag(self) -> str:
        """Names this state of this policy."""
        return _BUILT_IN if self.stored is None else self.stored.tag


def governing(tx: Transaction, model_id: int, name: str) -> Governing:
    """The policy that holds for a model now: its own, else that of the most specific glob, else the built-in one."""
    held = tx.policies.covering(model_id)
    own = [stored for stored in held if stored.pattern is None]
    covering = [stored for stored in held if stored.pattern is not None and matches(stored.pattern, name)]
    ranked = [*own, *sorted(covering, key=lambda stored: specificity(stored.pattern or ""), reverse=True)]
    if not ranked:
        return Governing(policy=DEFAULT_POLICY, stored=None, overridden=())
    return Governing(
        policy=ranked[0].policy,
        stored=ranked[0],
        overridden=[stored.pattern for stored in ranked[1:] if stored.pattern is not None],
    )


def read_governing(tx: Transaction, model_name: str) -> Governing:
    """The policy that holds for a model now.

    Raises:
        ModelNotFound: there is no such model.
    """
    return governing(tx, tx.models.get(model_name).id, model_name)


def set_model_policy(
    tx: Transaction, principal: Principal, model_name: str, policy: Policy, expected: Expected
) -> tuple[Governing, bool]:
    """Give a model a policy of its own, which all globs give way to. Setting what is set changes nothing.

    Returns:
        What holds now, and whether the model had no policy of its own.

    Raises:
        ModelNotFound: there is no such model.
        PreconditionFailed: the tag of what holds for it is none of the expected (`ABSENT`: it has none of its own).
    """
    model = tx.models.get_to_change(model_name)
    before = governing(tx, model.id, model.name)
    own = before.stored if before.stored and before.stored.pattern is None else None
    require_tag(ABSENT if own is None and expected == {ABSENT} else before.tag, expected)
    if own is None or own.policy.document() != policy.document():
        tx.policies.set_of_model(model.id, policy, by=principal.name, at=tx.now)
        record(tx, principal, Action.POLICY_CHANGED, model, before=_told(own), after=policy.document())
    return governing(tx, model.id, model.name), own is None


def delete_model_policy(tx: Transaction, principal: Principal, model_name: str, expected: Expected) -> None:
    """Take a model's own policy away; globs, or the built-in one, hold again.

    Raises:
        ModelNotFound, PolicyNotFound: there is none.
        PreconditionFailed: its tag is none of the expected.
    """
    model = tx.models.get_to_change(model_name)
    own = tx.policies.of_model(model.id)
    if own is None:
        raise PolicyNotFound(f"{model_name} has no policy of its own", hint="Read which policy holds, and why.")
    require_tag(own.tag, expected)
    tx.policies.delete(own.id)
    record(tx, principal, Action.POLICY_DELETED, model, before=own.policy.document())


def list_pattern_policies(tx: Transaction) -> Sequence[StoredPolicy]:
    """The policies of all globs, by pattern."""
    return tx.policies.globs()


def read_pattern_policy(tx: Transaction, pattern: str) -> StoredPolicy:
    """The policy of a glob.

    Raises:
        PolicyNotFound: there is none.
    """
    stored = tx.policies.of_pattern(pattern)
    if stored is None:
        raise no_policy(pattern)
    return stored


def no_policy(pattern: str) -> PolicyNotFound:
    """The same words for a policy that is not there and for one that the caller may not see."""
    return PolicyNotFound(f"there is no policy for {pattern[:200]!r}", hint="List the policies.")


def set_pattern_policy(
    tx: Transaction, principal: Principal, pattern: str, policy: Policy, expected: Expected
) -> tuple[StoredPolicy, bool]:
    """Give all models whose names match a glob a policy. Setting what is set changes nothing.

    Returns:
        The policy, and whether it is new.

    Raises:
        InvalidInput: it is no glob of names.
        PreconditionFailed: its tag is none of the expected (`ABSENT`: there must be none).
    """
    check_pattern(pattern)
    held = tx.policies.of_pattern_to_change(pattern)
    require_tag(held.tag if held else ABSENT, expected)
    if held is None or held.policy.document() != policy.document():
        tx.policies.set_of_pattern(pattern, policy, by=principal.name, at=tx.now)
        before = None if held is None else {"pattern": pattern, **held.policy.document()}
        after = {"pattern": pattern, **policy.document()}
        record_of_registry(tx, principal, Action.POLICY_CHANGED, before=before, after=after)
    return read_pattern_policy(tx, pattern), held is None


def delete_pattern_policy(tx: Transaction, principal: Principal, pattern: str, expected: Expected) -> None:
    """Take the policy of a glob away.

    Raises:
        PolicyNotFound: there is none.
        PreconditionFailed: its tag is none of the expected.
    """
    held = tx.policies.of_pattern_to_change(pattern)
    if held is None:
        raise no_policy(pattern)
    require_tag(held.tag, expected)
    tx.policies.delete(held.id)
    before = {"pattern": pattern, **held.policy.document()}
    record_of_registry(tx, principal, Action.POLICY_DELETED, before=before)


def _told(own: StoredPolicy | None) -> JsonObject | None:
    return None if own is None else own.policy.document()

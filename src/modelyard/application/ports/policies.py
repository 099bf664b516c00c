"""Where policies are kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from modelyard.domain.policy import Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredPolicy:
    """A policy of one model, or of all models whose names match a glob, as it was last set."""

    id: int
    model_id: int | None
    pattern: str | None
    policy: Policy
    updated_at: datetime
    updated_by: str
    revision: int

    @property
    def tag(self) -> str:
        """Names this state of this policy."""
        return f"policy-{self.id}-{self.revision}"


class Policies(Protocol):
    """All policies, within one transaction."""

    def covering(self, model_id: int) -> Sequence[StoredPolicy]:
        """The model's own, if there is one, and all globs."""

    def globs(self) -> Sequence[StoredPolicy]:
        """The policies of globs, by pattern."""

    def of_pattern(self, pattern: str) -> StoredPolicy | None:
        """The policy of a glob."""

    def of_pattern_to_change(self, pattern: str) -> StoredPolicy | None:
        """As `of_pattern`, and no other transaction changes the policy of a glob before this one ends."""

    def of_model(self, model_id: int) -> StoredPolicy | None:
        """The model's own policy."""

    def set_of_model(self, model_id: int, policy: Policy, *, by: str, at: datetime) -> None:
        """Set the model's own policy; the caller holds the model."""

    def set_of_pattern(self, pattern: str, policy: Policy, *, by: str, at: datetime) -> None:
        """Set the policy of a glob; the caller holds the globs."""

    def delete(self, policy_id: int) -> None:
        """Take a policy away."""

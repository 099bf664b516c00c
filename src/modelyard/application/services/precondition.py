"""Holding a change against the state that its maker saw."""

from collections.abc import Set

from modelyard.domain.errors import PreconditionFailed

Expected = Set[str] | None
"""The tags of which one must be the present one; `None` when the maker of a change did not say."""

ABSENT = ""
"""The tag of what is not there."""


def require_tag(present: str, expected: Expected) -> None:
    """Let a change pass when its maker saw the present state, or did not say which they saw.

    Raises:
        PreconditionFailed: something changed in between.
    """
    if expected is not None and present not in expected:
        state = "exists already" if expected == {ABSENT} else "was changed by someone else"
        raise PreconditionFailed(f"it {state}", details={"tag": present})

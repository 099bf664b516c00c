"""Holding a change against the revision that its maker saw."""

from modelyard.domain.errors import PreconditionFailed


def require_revision(revision: int, expected: int | None) -> None:
    """Let a change pass when its maker saw the present revision, or did not say which (`None`).

    Raises:
        PreconditionFailed: something changed in between; details hold the present `revision`.
    """
    if expected is not None and expected != revision:
        raise PreconditionFailed(
            f"it is at revision {revision}, not {expected}", details={"revision": revision, "expected": expected}
        )

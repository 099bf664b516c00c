"""How many bytes the files of models may have together."""

from collections.abc import Iterable
from dataclasses import dataclass

from modelyard.domain.access_errors import QuotaExceeded
from modelyard.domain.policy import matches


@dataclass(frozen=True, slots=True)
class Quota:
    """All versions of all models whose names match the glob have at most so many bytes of files.

    Files that several versions share count for each: what somebody may register shall not depend on what others did.
    """

    models: str
    size_bytes: int

    def require_room(self, used_bytes: int, wanted_bytes: int) -> None:
        """Take bytes that are to come.

        Raises:
            QuotaExceeded: with them there would be more.
        """
        if used_bytes + wanted_bytes > self.size_bytes:
            raise QuotaExceeded(
                f"{wanted_bytes} bytes are more than are left of the quota of {self.models!r}",
                details={
                    "models": self.models,
                    "quota_bytes": self.size_bytes,
                    "used_bytes": used_bytes,
                    "wanted_bytes": wanted_bytes,
                },
            )


Quotas = tuple[Quota, ...]


def quotas_of(quotas: Quotas, model: str) -> Iterable[Quota]:
    """Those that a model counts for; each has to have room."""
    return [quota for quota in quotas if matches(quota.models, model)]

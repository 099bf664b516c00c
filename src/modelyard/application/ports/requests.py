"""Where requests for approval are kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from modelyard.domain.approval import Agreed, Approval, ApprovalRequest, Closing
from modelyard.domain.lifecycle import Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRequest:
    """A request on its way in."""

    model_id: int
    version_id: int
    to_stage: Stage
    agreed: Agreed
    reason: str
    created_at: datetime
    created_by: str
    expires_at: datetime


class Requests(Protocol):
    """Requests of all models, within one transaction. Who changes one holds its model."""

    def add(self, request: NewRequest) -> int:
        """Keep a new request, and return its id. Of one step of a version at most one has no closing."""

    def get(self, model: str, request_id: int) -> ApprovalRequest:
        """A request of a model.

        Raises:
            ModelNotFound, RequestNotFound: there is none.
        """

    def unclosed(self, version_id: int, to_stage: Stage) -> ApprovalRequest | None:
        """The request for this step that nobody has ended."""

    def page(self, model_id: int, *, beyond: int | None, limit: int) -> Sequence[ApprovalRequest]:
        """The model's requests, the newest first, from beyond an id."""

    def all_unclosed(self, *, model_id: int | None = None, beyond: int | None, limit: int) -> Sequence[ApprovalRequest]:
        """The requests that nobody has ended, of one model or of all, the newest first, from beyond an id."""

    def approve(self, request_id: int, approval: Approval) -> None:
        """Add somebody's consent; the revision grows."""

    def close(self, request_id: int, closing: Closing) -> None:
        """End it; the revision grows."""

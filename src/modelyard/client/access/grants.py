"""What is granted to accounts and groups: a role, in the models of a glob."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from modelyard.client.answers import Document
from modelyard.client.records import told
from modelyard.client.transport import Transport


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """A role for `subject` (`account:ana`, `group:risk`) in the models whose names match a glob."""

    id: int
    subject: str
    models: str
    role: str
    created_at: datetime
    created_by: str
    document: Document = field(repr=False, compare=False)

    @classmethod
    def of(cls, document: Document) -> "Grant":
        """From the API's `GrantRead`."""
        return cls(**told(cls, document), document=document)


class Grants:
    """What is granted in a registry."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list(self, *, subject: str | None = None) -> Sequence[Grant]:
        """All of it, or what is granted to one account or group, in the order in which it was.

        Raises:
            AccountNotFound, GroupNotFound: There is no such account or group.
        """
        return [Grant.of(one) for one in self._transport.get("/grants", {"subject": subject})["items"]]

    def create(self, subject: str, models: str, role: str) -> Grant:
        """Give a role; giving what is given changes nothing.

        Args:
            subject: `account:` or `group:` and its name.
            models: A glob of names; `*` for all, and for what concerns the registry.
            role: `reader`, `contributor`, `maintainer`, `approver` or `admin`.

        Raises:
            AccountNotFound, GroupNotFound: There is no such account or group.
        """
        return Grant.of(self._transport.post("/grants", {"subject": subject, "models": models, "role": role}))

    def delete(self, number: int) -> None:
        """Take a role away.

        Raises:
            GrantNotFound: There is none of this id.
            LastAdministrator: Nobody could give rights any more.
        """
        self._transport.request("DELETE", f"/grants/{number}")

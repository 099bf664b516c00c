"""Groups of accounts, which share what is granted to the group."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import quote

from modelyard.client.answers import Document
from modelyard.client.records import told
from modelyard.client.transport import Transport


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A group, with the names of its members."""

    name: str
    description: str
    members: Sequence[str]
    created_at: datetime
    created_by: str
    updated_at: datetime
    updated_by: str
    revision: int
    document: Document = field(repr=False, compare=False)

    @classmethod
    def of(cls, document: Document) -> "Group":
        """From the API's `GroupRead`."""
        return cls(**told(cls, document), document=document)


class Groups:
    """The groups of a registry."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list(self) -> Sequence[Group]:
        """All of them, by name."""
        return [Group.of(one) for one in self._transport.get("/groups")["items"]]

    def read(self, name: str) -> Group:
        """One of them.

        Raises:
            GroupNotFound: There is none of this name.
        """
        return Group.of(self._transport.get(_place(name)))

    def create(self, name: str, *, description: str = "") -> Group:
        """Make one, without members.

        Raises:
            GroupExists: One of this name is there.
        """
        return Group.of(self._transport.post("/groups", {"name": name, "description": description}))

    def delete(self, name: str) -> None:
        """Delete one, with what is granted to it.

        Raises:
            GroupNotFound: There is none of this name.
            LastAdministrator: Nobody could give rights any more.
        """
        self._transport.request("DELETE", _place(name))

    def join(self, name: str, account: str) -> Group:
        """Make an account a member.

        Raises:
            GroupNotFound, AccountNotFound: There is none of this name.
        """
        return Group.of(self._transport.request("PUT", _member(name, account)).document())

    def leave(self, name: str, account: str) -> Group:
        """Make an account no member any more.

        Raises:
            GroupNotFound, AccountNotFound: There is none of this name.
            LastAdministrator: Nobody could give rights any more.
        """
        return Group.of(self._transport.request("DELETE", _member(name, account)).document())


def _place(name: str) -> str:
    return f"/groups/{quote(name, safe='')}"


def _member(name: str, account: str) -> str:
    return f"{_place(name)}/members/{quote(account, safe='')}"

"""Accounts of people and services; and who one is oneself."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal
from urllib.parse import quote

from modelyard.client.answers import Document
from modelyard.client.records import told
from modelyard.client.transport import Transport


@dataclass(frozen=True, slots=True, kw_only=True)
class Me:
    """Who calls. Of `roles` (`models` and `role`) the most specific glob decides; the token narrows them further.

    `authenticated` is false where the registry asks nobody who they are.
    """

    name: str
    authenticated: bool
    roles: Sequence[Document]
    scopes: Sequence[str]
    models: Sequence[str]
    document: Document = field(repr=False, compare=False)

    @classmethod
    def of(cls, document: Document) -> "Me":
        """From the API's `Me`."""
        return cls(**told(cls, document), document=document)


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A `person` or a `service`, with the groups that it is in. One that is not `active` can do nothing."""

    name: str
    kind: str
    display_name: str
    active: bool
    groups: Sequence[str]
    created_at: datetime
    created_by: str
    updated_at: datetime
    updated_by: str
    revision: int
    document: Document = field(repr=False, compare=False)

    @classmethod
    def of(cls, document: Document) -> "Account":
        """From the API's `AccountRead`."""
        return cls(**told(cls, document), document=document)


class Accounts:
    """The accounts of a registry. They are never deleted: the history names them."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list(self) -> Sequence[Account]:
        """All of them, by name."""
        return [Account.of(one) for one in self._transport.get("/accounts")["items"]]

    def read(self, name: str) -> Account:
        """One of them.

        Raises:
            AccountNotFound: There is none of this name.
        """
        return Account.of(self._transport.get(_place(name)))

    def create(self, name: str, *, kind: Literal["person", "service"] = "person", display_name: str = "") -> Account:
        """Make one. It may do nothing until something is granted to it.

        Raises:
            AccountExists: One of this name is there, or was.
        """
        wanted = {"name": name, "kind": kind, "display_name": display_name}
        return Account.of(self._transport.post("/accounts", wanted))

    def update(self, name: str, *, display_name: str | None = None, active: bool | None = None) -> Account:
        """Change what is given; the rest stays.

        Raises:
            AccountNotFound: There is none of this name.
            LastAdministrator: Nobody could give rights any more.
        """
        wanted = {"display_name": display_name, "active": active}
        change = {member: value for member, value in wanted.items() if value is not None}
        return Account.of(self._transport.request("PATCH", _place(name), body=change).document())

    def set_password(self, name: str, password: str) -> None:
        """Give a person a password, to sign in by a browser. All their sessions end.

        Raises:
            AccountNotFound: There is none of this name.
            InvalidInput: It is a service, or the password is too short or too long.
        """
        self._transport.request("PUT", f"{_place(name)}/password", body={"password": password})

    def remove_password(self, name: str) -> None:
        """Let an account have no password any more. All its sessions end.

        Raises:
            AccountNotFound: There is none of this name.
        """
        self._transport.request("DELETE", f"{_place(name)}/password")


def _place(name: str) -> str:
    return f"/accounts/{quote(name, safe='')}"

"""Tokens, with which programs say whose they are."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from modelyard.client.answers import Document
from modelyard.client.records import told
from modelyard.client.transport import Transport

OF_ALL = "*"
"""In place of an account: the tokens of all of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A `token`, the `session` of a browser, or one that a workload has `exchanged`.

    `token`, the secret, is there only in the answer that made it. `last_used_at` is right to about five minutes.
    """

    id: int
    kind: str
    account: str
    name: str
    ending: str
    scopes: Sequence[str]
    models: Sequence[str]
    expires_at: datetime | None
    created_at: datetime
    created_by: str
    last_used_at: datetime | None
    revoked_at: datetime | None
    token: str = field(default="", repr=False)
    document: Document = field(repr=False, compare=False)

    @classmethod
    def of(cls, document: Document) -> "Token":
        """From the API's `TokenRead` or `TokenCreated`."""
        return cls(**told(cls, document), document=document)


class Tokens:
    """One's own tokens, and with the right to change access those of others."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list(self, *, account: str | None = None) -> Sequence[Token]:
        """One's own, those of another account, or of all (`OF_ALL`); the newest first, also those that are revoked.

        Raises:
            PermissionDenied: They are somebody else's.
        """
        return [Token.of(one) for one in self._transport.get("/tokens", {"account": account})["items"]]

    def create(
        self,
        name: str,
        *,
        scopes: Sequence[str],
        models: Sequence[str] = ("*",),
        expires_at: datetime | None = None,
        account: str | None = None,
    ) -> Token:
        """Make one; the answer alone holds the secret.

        It is sent once, whatever comes: a second try could make a second token.

        Args:
            name: What it is for.
            scopes: What it may be used for: `read`, `write`, `promote`, `admin`.
            models: Globs of the names of models that it is good for.
            expires_at: With a time zone; without: until it is revoked.
            account: Whose; without: one's own.

        Raises:
            PermissionDenied: It is for somebody else, or would let through more than the one that asks.
            AccountNotFound: There is no such account.
        """
        wanted = {
            "name": name,
            "scopes": list(scopes),
            "models": list(models),
            "expires_at": None if expires_at is None else expires_at.isoformat(),
            "account": account,
        }
        return Token.of(self._transport.request("POST", "/tokens", body=wanted, is_repeatable=False).document())

    def rotate(self, number: int) -> Token:
        """Revoke one and make one that is like it, in one step; the answer alone holds the secret, and is sent once.

        Raises:
            TokenNotFound: There is none of this id, or it is a browser's or a workload's.
        """
        made = self._transport.request("POST", f"/tokens/{number}/rotate", is_repeatable=False)
        return Token.of(made.document())

    def revoke(self, number: int) -> None:
        """Let one be good for nothing, at once.

        Raises:
            TokenNotFound: There is none of this id, or it is somebody else's.
        """
        self._transport.request("DELETE", f"/tokens/{number}")

"""Aliases: names that move between versions."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import quote

from modelyard.client.answers import Document
from modelyard.client.model_part import ModelPart, VersionName
from modelyard.client.records import told


@dataclass(frozen=True, slots=True, kw_only=True)
class Alias:
    """An alias, and the number of the version that it points to; a registry that knows no protection tells none."""

    model: str
    name: str
    version: int
    protected: bool = False
    updated_at: datetime
    updated_by: str
    revision: int
    document: Document = field(repr=False, compare=False)

    @classmethod
    def of(cls, document: Document) -> "Alias":
        """From the API's `AliasRead`."""
        return cls(**told(cls, document), document=document)


class Aliases(ModelPart):
    """The aliases of a model."""

    def aliases(self) -> Sequence[Alias]:
        """All of them, by name."""
        return [Alias.of(one) for one in self._transport.get(f"{self._home}/aliases")["items"]]

    def set_alias(
        self,
        name: str,
        version: VersionName,
        *,
        protected: bool | None = None,
        reason: str = "",
        must_be_new: bool = False,
    ) -> Alias:
        """Make an alias, or move it.

        Args:
            name: Of the alias.
            version: Where it is to point.
            protected: Whether only those with the right to may change it from then on; None leaves that as it is.
            reason: Why; it stands in the history.
            must_be_new: Whether one that is there is left alone.

        Raises:
            PreconditionFailed: It is there, and `must_be_new`.
            PermissionDenied: It is protected, and you may not change that or where it points.
        """
        body: Document = {"version": self._number(version), "reason": reason}
        if protected is not None:
            body["protected"] = protected
        headers = {"If-None-Match": "*"} if must_be_new else None
        return Alias.of(self._transport.request("PUT", self._alias(name), body=body, headers=headers).document())

    def delete_alias(self, name: str) -> None:
        """Take it away; the version stays.

        Raises:
            AliasNotFound: There is none of this name.
            PermissionDenied: It is protected, and you may not take it away.
        """
        self._transport.request("DELETE", self._alias(name))

    def _alias(self, name: str) -> str:
        return f"{self._home}/aliases/{quote(name, safe='')}"

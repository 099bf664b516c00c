"""Policies: what versions may do, and what they need for it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import quote

from modelyard.client.answers import Document
from modelyard.client.model_part import ModelPart
from modelyard.client.records import told
from modelyard.client.transport import Transport


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """A policy, whole. Of one that holds for a model, `source` says why: `model`, `pattern` or `built-in`.

    `gates` are `{"name": …, "expression": …}` by the stage that a version enters, or by `rollback`; so are `approvals`,
    the number of people who have to agree. `overridden` are less specific globs, the next best first.
    """

    pattern: str | None
    transitions: Mapping[str, Sequence[str]]
    exclusive: Sequence[str]
    gates: Mapping[str, Sequence[Mapping[str, str]]]
    approvals: Mapping[str, int]
    updated_at: datetime | None
    updated_by: str | None
    revision: int | None
    source: str = ""
    overridden: Sequence[str] = ()
    document: Document = field(repr=False, compare=False)

    @classmethod
    def of(cls, document: Document) -> "Policy":
        """From the API's `PolicyRead` or `GoverningRead`."""
        return cls(**told(cls, document), document=document)


class ModelPolicy(ModelPart):
    """The policy of a model."""

    def policy(self) -> Policy:
        """The one that holds for it, and why."""
        return Policy.of(self._transport.get(f"{self._home}/policy"))

    def set_policy(self, policy: Mapping[str, Any]) -> Policy:
        """Give it one of its own, or change that.

        Args:
            policy: `transitions`, `exclusive`, `gates`, `approvals`; what is left out is as in the built-in one.

        Raises:
            InvalidInput: A condition does not parse, or a field is none.
        """
        return Policy.of(self._transport.request("PUT", f"{self._home}/policy", body=dict(policy)).document())

    def delete_policy(self) -> None:
        """Take its own away.

        Raises:
            PolicyNotFound: It has none.
        """
        self._transport.request("DELETE", f"{self._home}/policy")


class Policies:
    """The policies of globs, such as `fraud.*`."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list(self) -> Sequence[Policy]:
        """All of them, by pattern."""
        return [Policy.of(one) for one in self._transport.get("/policies")["items"]]

    def read(self, pattern: str) -> Policy:
        """One of them.

        Raises:
            PolicyNotFound: None is set for this pattern.
        """
        return Policy.of(self._transport.get(_place(pattern)))

    def set(self, pattern: str, policy: Mapping[str, Any]) -> Policy:
        """Set one, as `Model.set_policy` does; `*` in the pattern stands for any characters.

        Raises:
            InvalidInput: A condition does not parse, or a field is none.
        """
        return Policy.of(self._transport.request("PUT", _place(pattern), body=dict(policy)).document())

    def delete(self, pattern: str) -> None:
        """Take it away.

        Raises:
            PolicyNotFound: None is set for this pattern.
        """
        self._transport.request("DELETE", _place(pattern))


def _place(pattern: str) -> str:
    return f"/policies/{quote(pattern, safe='')}"

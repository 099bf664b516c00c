"""Answers of the registry, and the errors that some of them are."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from modelyard.client import access_refusals, refusals, token_refusals
from modelyard.client.failures import FieldError, Problem, RegistryError, Unintelligible

Document: TypeAlias = dict[str, Any]
"""A JSON object, as the API describes it."""

_PREFIX: Final = "urn:modelyard:error:"
_COMMON: Final = frozenset({"type", "title", "status", "detail", "hint", "errors", "instance"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A whole answer; the names of headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def document(self) -> Document:
        """The JSON object that it holds.

        Raises:
            Unintelligible: it holds something else.
        """
        try:
            found = json.loads(self.body)
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise Unintelligible(f"the answer is no JSON object: {_beginning(self.body)}")
        return found


def refusal_of(answer: Answer) -> RegistryError:
    """The error that an answer of 400 or more is.

    Raises:
        Unintelligible: a proxy or another program answered, not a registry.
    """
    try:
        document = json.loads(answer.body)
        kind = str(document["type"]).removeprefix(_PREFIX)
    except (ValueError, KeyError, TypeError):
        raise Unintelligible(
            f"status {answer.status} without a reason: {_beginning(answer.body)}", status=answer.status
        ) from None
    fields = [
        FieldError(pointer=str(one.get("pointer", "")), message=str(one.get("message", "")))
        for one in document.get("errors") or ()
    ]
    problem = Problem(
        code=kind,
        status=answer.status,
        detail=str(document.get("detail") or document.get("title") or kind),
        hint=str(document.get("hint") or ""),
        request_id=answer.headers.get("x-request-id", ""),
        errors=tuple(fields),
        details={key: value for key, value in document.items() if key not in _COMMON},
        retry_after_seconds=asked_pause(answer),
    )
    return _KINDS.get(problem.code, RegistryError)(problem)  # a newer registry has kinds that are unknown here


def asked_pause(answer: Answer) -> float:
    """The seconds that `Retry-After` asks for; a date, which the registry never sends, counts as nothing."""
    text = answer.headers.get("retry-after", "")
    return float(text) if text.isdecimal() and len(text) < 6 else 0.0


def _beginning(body: bytes) -> str:
    return body[:200].decode(errors="replace") or "nothing"


_KINDS: Final[dict[str, type[RegistryError]]] = {
    kind.code: kind
    for kind in (*vars(refusals).values(), *vars(access_refusals).values(), *vars(token_refusals).values())
    if isinstance(kind, type) and issubclass(kind, RegistryError)
}

"""Answering a repeated request with the first answer."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from modelyard.application.ports.answers import Answer, RememberedAnswer
from modelyard.application.ports.database import Transaction
from modelyard.domain.errors import IdempotencyConflict
from modelyard.domain.principal import Principal


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """The key that a caller chose, what they asked for (hashed), and how long the answer is remembered."""

    principal: Principal
    key: str
    fingerprint: str
    ttl: timedelta


def answer_once(tx: Transaction, ticket: Ticket | None, act: Callable[[Transaction], Answer]) -> tuple[Answer, bool]:
    """Act, and remember the answer in the same transaction; or give the remembered answer.

    A refusal is not remembered: the caller may mend the cause and try again with the same key.

    Returns:
        The answer, and whether it is a replay.

    Raises:
        IdempotencyConflict: the key was used for another request.
    """
    if ticket is None:
        return act(tx), False
    remembered = tx.answers.find(ticket.principal.name, ticket.key, at=tx.now)
    if remembered is None:
        answer = act(tx)
        tx.answers.remember(
            ticket.principal.name,
            ticket.key,
            RememberedAnswer(fingerprint=ticket.fingerprint, answer=answer),
            at=tx.now,
            expires_at=tx.now + ticket.ttl,
        )
        return answer, False
    if remembered.fingerprint != ticket.fingerprint:
        raise IdempotencyConflict(f"the key {ticket.key!r} came before with another request")
    return remembered.answer, True

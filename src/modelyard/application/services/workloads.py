"""Workloads: which may act as which services, and the tokens that they get for those of their platforms (RFC 8693)."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from modelyard.application.ports.database import Database, Transaction
from modelyard.application.ports.workloads import WorkloadVerifier
from modelyard.application.services.issuing import keep_token
from modelyard.application.services.journal import record_of_registry
from modelyard.application.services.limiting import Limits
from modelyard.domain.access.account import AccountKind
from modelyard.domain.access.token import Secret, Token, TokenKind
from modelyard.domain.access.workload import Workload, WorkloadIdentity, WorkloadIdentityDraft
from modelyard.domain.errors import FieldError, InvalidInput
from modelyard.domain.event import Action
from modelyard.domain.json_value import JsonObject
from modelyard.domain.policy import specificity
from modelyard.domain.principal import Principal
from modelyard.domain.token_errors import InvalidGrant

KEPT_FOR: Final = timedelta(days=7)
"""How long a workload's token that has ended is still shown beside others."""


class TokenExchange:
    """Gives workloads tokens of ours for tokens of their platforms."""

    def __init__(self, database: Database, verifier: WorkloadVerifier, limits: Limits) -> None:
        self._database = database
        self._verifier = verifier
        self._limits = limits

    @property
    def issuers(self) -> Sequence[str]:
        """Those whose tokens are looked at."""
        return self._verifier.issuers

    async def exchange(self, subject_token: str, account: str, address: str) -> tuple[Token, Secret]:
        """A token for a short time. `account` may be empty where one service alone is meant.

        Raises:
            InvalidGrant: the token cannot be believed, or nobody trusts whom it is about.
            ProviderUnavailable: its issuer does not say its keys.
            TooManyRequests: the address has sent too many that were worth nothing.
        """
        try:
            workload = await self._verifier.workload(subject_token)
            return await self._database.write(admit_workload, workload, account)
        except InvalidGrant:
            await self._limits.count_wrong_token(address)
            raise


def admit_workload(tx: Transaction, workload: Workload, account: str) -> tuple[Token, Secret]:
    """A token of the service that a workload may act as; of several rules for one, the most specific subject decides.

    Raises:
        InvalidGrant: there is none, or there are several and `account` names none of them.
    """
    held = [one for one in tx.workload_identities.of_issuer(workload.issuer) if one.draft.covers(workload)]
    held = [one for one in held if account in {"", one.draft.account} and tx.accounts.get(one.draft.account).is_active]
    if not held:
        raise InvalidGrant(
            "no workload identity is for this token's issuer, audience and subject",
            hint="Ask an administrator to trust it; compare the claims aud and sub letter by letter.",
        )
    if len({one.draft.account for one in held}) > 1:
        raise InvalidGrant("several services are for this token", hint="Name one as `account`.")
    chosen = max(held, key=lambda one: specificity(one.draft.subject))
    owner = tx.accounts.get(chosen.draft.account)
    tx.tokens.forget(TokenKind.EXCHANGED, ended_before=tx.now - KEPT_FOR)
    told = {"way": "workload identity", "issuer": workload.issuer, "subject": workload.subject}
    draft, kind = chosen.draft.token_for(workload, tx.now), TokenKind.EXCHANGED
    return keep_token(tx, owner.principal, owner, draft, kind, workload_identity_id=chosen.id, **told)


def create_workload_identity(
    tx: Transaction, principal: Principal, draft: WorkloadIdentityDraft, issuers: Sequence[str]
) -> WorkloadIdentity:
    """Let workloads act as a service.

    Raises:
        AccountNotFound: there is no such account.
        InvalidInput: it is no service, or the operator does not trust the issuer.
    """
    if draft.issuer not in issuers:
        message = f"is none that the operator trusts: {', '.join(issuers) or 'there are none'}"
        raise InvalidInput(
            f"the issuer {message}",
            hint="The operator names issuers in MODELYARD_WORKLOAD_ISSUERS.",
            errors=[FieldError(pointer="/issuer", message=message)],
        )
    account = tx.accounts.get(draft.account)
    if account.kind is not AccountKind.SERVICE:
        message = "is a person; workloads act as services"
        raise InvalidInput(f"{draft.account!r} {message}", errors=[FieldError(pointer="/account", message=message)])
    made = tx.workload_identities.add(account.id, draft, by=principal.name, at=tx.now)
    record_of_registry(tx, principal, Action.WORKLOAD_IDENTITY_CREATED, after=_told(made))
    return made


def list_workload_identities(tx: Transaction) -> Sequence[WorkloadIdentity]:
    """All of them, in the order in which they were made."""
    return tx.workload_identities.all()


def delete_workload_identity(tx: Transaction, principal: Principal, identity_id: int) -> None:
    """Trust these workloads no more. The tokens that this rule has given end at once.

    Raises:
        WorkloadIdentityNotFound: there is none.
    """
    held = tx.workload_identities.get(identity_id)
    tx.workload_identities.delete(identity_id)
    tx.tokens.revoke_exchanged(tx.accounts.get(held.draft.account).id, identity_id, at=tx.now)
    record_of_registry(tx, principal, Action.WORKLOAD_IDENTITY_DELETED, before=_told(held))


def _told(held: WorkloadIdentity) -> JsonObject:
    draft = held.draft
    return {
        "id": held.id,
        "account": draft.account,
        "issuer": draft.issuer,
        "audience": draft.audience,
        "subject": draft.subject,
        "scopes": [*sorted(scope.value for scope in draft.scopes)],
        "models": [*draft.models],
    }

"""Accounts of those whom an identity provider vouches for."""

from modelyard.application.ports.database import Transaction
from modelyard.application.services.administering import create_account, follow_claimed_groups
from modelyard.application.services.journal import record_of_registry
from modelyard.application.services.sessions import open_session_of
from modelyard.domain.access.account import Account, AccountDraft, AccountKind
from modelyard.domain.access.identity import Identity, IdentityRules
from modelyard.domain.access.token import Secret
from modelyard.domain.access_errors import AccountNotFound, SignInFailed
from modelyard.domain.errors import InvalidInput
from modelyard.domain.event import Action
from modelyard.domain.names import MAX_KEY, text_faults
from modelyard.domain.principal import Principal

PROVIDER = Principal("identity provider")
"""Who makes the accounts of those whom it vouches for."""


def admit_identity(tx: Transaction, identity: Identity, rules: IdentityRules) -> Secret:
    """Open a session for the account of somebody; the first time, make it.

    It is theirs by issuer and subject, whatever they are called by then. An account that is there already under their
    name is not, unless an operator wants that: names at a provider may be chosen, or given to others.

    Raises:
        SignInFailed: the account is not active, or its name is taken or none.
    """
    tx.accounts.hold()
    account = tx.accounts.of_identity(identity.issuer, identity.subject)
    if account is None:
        account = _enrolled(tx, identity, rules)
    if identity.groups is not None:
        follow_claimed_groups(tx, PROVIDER, account, identity.groups)
    return open_session_of(tx, account, rules.session_ttl, "identity provider")


def _enrolled(tx: Transaction, identity: Identity, rules: IdentityRules) -> Account:
    if any(text_faults(identity.name, longest=MAX_KEY)):
        raise SignInFailed("the identity provider gives no name that an account can have")
    try:
        account = tx.accounts.get(identity.name)
    except AccountNotFound:
        try:
            account = create_account(tx, PROVIDER, AccountDraft(name=identity.name))
        except InvalidInput as error:
            raise SignInFailed(f"no account can have the name that the identity provider gives: {error}") from error
    else:
        _require_free(tx, account, rules)
    tx.accounts.link(account, identity.issuer, identity.subject)
    told = {"account": account.name, "issuer": identity.issuer, "subject": identity.subject}
    record_of_registry(tx, PROVIDER, Action.ACCOUNT_LINKED, after=told)
    return account


def _require_free(tx: Transaction, account: Account, rules: IdentityRules) -> None:
    is_free = account.kind is AccountKind.PERSON and not tx.accounts.is_linked(account)
    if not (is_free and rules.links_accounts):
        raise SignInFailed(
            f"the account {account.name!r} is somebody else's",
            hint="Ask an administrator; MODELYARD_OIDC_LINK lets people take accounts of their names.",
        )

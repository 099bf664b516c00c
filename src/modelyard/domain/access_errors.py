"""Why somebody is not let in, or not allowed something."""

from modelyard.domain.errors import Conflict, NotFound, RegistryError


class Unauthenticated(RegistryError):
    """Nobody can tell who calls: no token, or one that is wrong, has expired or was revoked. Which one is not told."""

    code = "unauthenticated"
    title = "Sign in first"
    default_hint = "Send a token that is in force as `Authorization: Bearer …`; `modelyard login` keeps one for you."


class SignInFailed(RegistryError):
    """Not the name and password of an account, or not what the identity provider should have said."""

    code = "sign-in-failed"
    title = "You could not be signed in"
    default_hint = "Try again; ask an administrator where it goes on failing."


class ProviderUnavailable(RegistryError):
    """The identity provider does not answer, or not as one does."""

    code = "provider-unavailable"
    title = "The identity provider is not available"


class PermissionDenied(RegistryError):
    """The caller may see it, but not do this to it; details hold `permission`."""

    code = "permission-denied"
    title = "You may not do this"
    default_hint = "Ask an administrator for a role that allows it, or use a token of another scope."


class TooManyRequests(RegistryError):
    """An address or account has called, or failed to sign in, too often; details hold `retry_after_seconds`."""

    code = "too-many-requests"
    title = "Too many requests"


class QuotaExceeded(Conflict):
    """The files of a glob of models would have more bytes together than the operator lets them.

    Details hold `models`, `quota_bytes`, `used_bytes` and `wanted_bytes`.
    """

    code = "quota-exceeded"
    title = "The quota of these models is used up"
    default_hint = "Delete versions that nobody needs, or ask the operator for a larger quota."


class AccountNotFound(NotFound):
    """No account has this name."""

    code = "account-not-found"
    title = "There is no such account"


class GroupNotFound(NotFound):
    """No group has this name."""

    code = "group-not-found"
    title = "There is no such group"


class GrantNotFound(NotFound):
    """There is no grant of this id."""

    code = "grant-not-found"
    title = "There is no such grant"


class TokenNotFound(NotFound):
    """There is no token of this id, or it is somebody else's."""

    code = "token-not-found"
    title = "There is no such token"


class WorkloadIdentityNotFound(NotFound):
    """There is no workload identity of this id."""

    code = "workload-identity-not-found"
    title = "There is no such workload identity"


class AccountExists(Conflict):
    """An account of this name is there already, or was."""

    code = "account-exists"
    title = "An account of this name exists"


class GroupExists(Conflict):
    """A group of this name is there already."""

    code = "group-exists"
    title = "A group of this name exists"


class LastAdministrator(Conflict):
    """Nobody could give rights any more."""

    code = "last-administrator"
    title = "Somebody has to stay administrator"
    default_hint = "Give another active account the role admin on `*` first."

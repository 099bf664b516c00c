"""What the registry answers about who may do what: one class for each type of problem, as in `refusals`."""

from modelyard.client.failures import RegistryError
from modelyard.client.refusals import Conflict, NotFound


class Unauthenticated(RegistryError):
    """Nobody can tell who calls: no token, or one that is wrong, has expired or was revoked. Which one is not told."""

    code = "unauthenticated"


class SignInFailed(RegistryError):
    """Not the name and password of an account, or not what the identity provider should have said."""

    code = "sign-in-failed"


class ProviderUnavailable(RegistryError):
    """The identity provider does not answer, or not as one does."""

    code = "provider-unavailable"


class PermissionDenied(RegistryError):
    """The caller may see it, but not do this to it; `details` hold `permission`."""

    code = "permission-denied"


class TooManyRequests(RegistryError):
    """An address or account has called, or failed to sign in, too often; `details` hold `retry_after_seconds`."""

    code = "too-many-requests"


class QuotaExceeded(Conflict):
    """The files of a glob of models would have more bytes together than the operator lets them."""

    code = "quota-exceeded"


class AccountNotFound(NotFound):
    """No account has this name."""

    code = "account-not-found"


class GroupNotFound(NotFound):
    """No group has this name."""

    code = "group-not-found"


class GrantNotFound(NotFound):
    """There is no grant of this id."""

    code = "grant-not-found"


class TokenNotFound(NotFound):
    """There is no token of this id, or it is somebody else's."""

    code = "token-not-found"


class WorkloadIdentityNotFound(NotFound):
    """There is no workload identity of this id."""

    code = "workload-identity-not-found"


class AccountExists(Conflict):
    """An account of this name is there already, or was."""

    code = "account-exists"


class GroupExists(Conflict):
    """A group of this name is there already."""

    code = "group-exists"


class LastAdministrator(Conflict):
    """Nobody could give rights any more."""

    code = "last-administrator"


class WrongSecretKey(Conflict):
    """The server has another key than the one that the secret of a webhook was made with."""

    code = "wrong-secret-key"

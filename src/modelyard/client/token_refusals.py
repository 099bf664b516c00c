"""Why a registry gives no token, in the words of OAuth."""

from modelyard.client.failures import RegistryError


class TokenRefused(RegistryError):
    """The request for a token lacks something, or holds it in no form that it can have. The root of the others."""

    code = "invalid-request"


class UnsupportedGrantType(TokenRefused):
    """Tokens are given out in other ways."""

    code = "unsupported-grant-type"


class InvalidScope(TokenRefused):
    """A scope that no token has, or that this one cannot have."""

    code = "invalid-scope"


class InvalidGrant(TokenRefused):
    """What was sent is worth no token: it is wrong, was used already, or nobody trusts who made it."""

    code = "invalid-grant"


class AuthorizationPending(TokenRefused):
    """Nobody has allowed it yet."""

    code = "authorization-pending"


class SlowDown(TokenRefused):
    """It asks more often than it was told to."""

    code = "slow-down"


class AccessDenied(TokenRefused):
    """Somebody said no."""

    code = "access-denied"


class ExpiredToken(TokenRefused):
    """Nobody said anything in time."""

    code = "expired-token"

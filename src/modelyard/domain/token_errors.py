"""Why no token is given out, in the words of OAuth."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

from modelyard.domain.errors import FieldError, RegistryError


class TokenRefused(RegistryError):
    """The request for a token lacks something, or holds it in no form that it can have.

    Root of what is refused there. Details hold `error`: the code as RFC 6749 (section 5.2) spells it.
    """

    code: ClassVar[str] = "invalid-request"
    title: ClassVar[str] = "The request for a token cannot be understood"

    def __init__(
        self,
        message: str,
        *,
        hint: str = "",
        details: Mapping[str, object] | None = None,
        errors: Sequence[FieldError] = (),
    ) -> None:
        told = {**(details or {}), "error": self.code.replace("-", "_")}
        super().__init__(message, hint=hint, details=told, errors=errors)


class UnsupportedGrantType(TokenRefused):
    """Tokens are given out in other ways."""

    code = "unsupported-grant-type"
    title = "Tokens are not given out in this way"


class InvalidScope(TokenRefused):
    """A scope that no token has, or that this one cannot have."""

    code = "invalid-scope"
    title = "There is no such scope"


class InvalidGrant(TokenRefused):
    """What was sent is worth no token: it is wrong, was used already, or nobody trusts who made it."""

    code = "invalid-grant"
    title = "This is worth no token"


class AuthorizationPending(TokenRefused):
    """Nobody has allowed it yet (RFC 8628, section 3.5)."""

    code = "authorization-pending"
    title = "Nobody has allowed it yet"
    default_hint = "Ask again after the interval."


class SlowDown(TokenRefused):
    """It asks more often than it was told to (RFC 8628, section 3.5)."""

    code = "slow-down"
    title = "Ask less often"
    default_hint = "Wait five seconds longer between two questions."


class AccessDenied(TokenRefused):
    """Somebody said no."""

    code = "access-denied"
    title = "Somebody said no"


class ExpiredToken(TokenRefused):
    """Nobody said anything in time."""

    code = "expired-token"
    title = "The code has expired"
    default_hint = "Begin again."
